"""pix2pix in plain PyTorch: the networks and the step that the benchmarks compare with.

Everything is as PyTorch has it by default: eager, float32, channels first, `torch.optim.Adam`.
"""

import torch
from torch import nn
from torch.nn import functional


class Down(nn.Sequential):
    def __init__(self, before, after, norm, activation):
        parts = [nn.Conv2d(before, after, 4, 2, 1, bias=not norm)]
        if norm:
            parts.append(nn.InstanceNorm2d(after, affine=True))
        super().__init__(*parts, activation)


class Up(nn.Sequential):
    def __init__(self, before, after, norm, activation, nearest, dropout):
        if nearest:
            convolution = nn.Conv2d(before, after, 3, 1, 1, padding_mode="replicate", bias=not norm)
            parts = [nn.Upsample(scale_factor=2), convolution]
        else:
            parts = [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=not norm)]
        if norm:
            parts.append(nn.InstanceNorm2d(after, affine=True))
        if dropout:
            parts.append(nn.Dropout(dropout))
        super().__init__(*parts, activation)


class UNet(nn.Module):
    """The paper's generator, or the lean one of the recipes."""

    def __init__(self, depth, filters, most, nearest=False, plain_levels=0, dropout=0.5):
        super().__init__()
        channels = [min(filters * 2**level, most) for level in range(depth)]
        normal = [level < depth - max(plain_levels, 1) for level in range(depth)]
        self.down = nn.ModuleList(
            Down(
                channels[level - 1] if level else 3,
                channels[level],
                level > 0 and normal[level],
                nn.ReLU() if level == depth - 1 else nn.LeakyReLU(0.2),
            )
            for level in range(depth)
        )
        self.up = nn.ModuleList(
            Up(
                channels[level + 1] * (1 if level == depth - 2 else 2),
                channels[level],
                level < depth - plain_levels,
                nn.ReLU(),
                nearest,
                dropout if level >= depth - 4 else 0.0,
            )
            for level in reversed(range(depth - 1))
        )
        self.last = Up(2 * channels[0], 3, False, nn.Tanh(), nearest, 0.0)

    def forward(self, x):
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(functional.relu(x))
        for block, skip in zip(self.up, reversed(skips[:-1])):
            x = torch.cat([skip, block(x)], dim=1)
        return self.last(x)


def unet(depth, options):
    """The U-Net with the options of `UNetGenerator` that `NETWORKS` has."""
    options = dict(options)
    nearest = options.pop("upsampling", None) == "nearest"
    return UNet(depth, most=options.pop("max_filters"), nearest=nearest, **options)


class PatchGAN(nn.Sequential):
    """The paper's discriminator of 70 x 70 pixels."""

    def __init__(self):
        parts = [Down(6, 64, False, nn.LeakyReLU(0.2))]
        parts += [Down(64 * n, 128 * n, True, nn.LeakyReLU(0.2)) for n in (1, 2)]
        parts += [nn.Conv2d(256, 512, 4, 1, 1, bias=False), nn.InstanceNorm2d(512, affine=True)]
        super().__init__(*parts, nn.LeakyReLU(0.2), nn.Conv2d(512, 1, 4, 1, 1))


class Training:
    """The reference's order: generate, update the discriminator, update the generator."""

    def __init__(self, generator, device):
        self.generator, self.discriminator = generator.to(device), PatchGAN().to(device)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), 2e-4, betas=(0.5, 0.999))
            for network in (self.generator, self.discriminator)
        ]

    def step(self, condition, target, precision):
        for_generator, for_discriminator = self.optimizers
        self.discriminator.requires_grad_(True)
        for_discriminator.zero_grad()
        with precision:
            generated = self.generator(condition)
            fake = self.judged(condition, generated.detach(), 0.0)
            loss = 0.5 * (fake + self.judged(condition, target, 1.0))
        loss.backward()
        for_discriminator.step()
        self.discriminator.requires_grad_(False)
        for_generator.zero_grad()
        with precision:
            loss = self.judged(condition, generated, 1.0)
            loss = loss + 100 * functional.l1_loss(generated, target)
        loss.backward()
        for_generator.step()

    def judged(self, condition, image, label):
        logits = self.discriminator(torch.cat([condition, image], dim=1))
        return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
