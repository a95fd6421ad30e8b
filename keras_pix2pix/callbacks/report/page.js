const player = document.querySelector(".player");
const slider = player?.querySelector("input");

if (slider) {
  const pictures = [...player.querySelectorAll("img")];
  const button = player.querySelector("button");
  const last = pictures.length - 1;
  let timer;

  const show = (number) => {
    slider.value = number;
    pictures.forEach((picture, i) => (picture.hidden = i !== number));
    slider.ariaValueText = player.querySelector("output").value = pictures[number].alt;
  };
  const pause = () => {
    clearInterval(timer);
    timer = undefined;
    button.textContent = "Play";
  };
  const next = () => {
    show(slider.valueAsNumber + 1);
    if (slider.valueAsNumber === last) pause();
  };
  const play = () => {
    if (slider.valueAsNumber === last) show(0);
    timer = setInterval(next, 600);
    button.textContent = "Pause";
  };

  slider.oninput = () => {
    pause();
    show(slider.valueAsNumber);
  };
  button.onclick = () => (timer ? pause() : play());
  // Who wants no motion moves the slider.
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const respect = () => {
    pause();
    button.hidden = still.matches;
  };
  still.onchange = respect;
  respect();
  show(last);
}
