"""The losses of one step in plain PyTorch, from the weights of Keras networks."""

import numpy as np
import torch
from keras import ops
from torch.nn import functional


def tensor(array, requires_grad=False):
    """A channels-last array or a Keras variable as a torch tensor of its own."""
    return torch.tensor(np.array(ops.convert_to_numpy(array)), requires_grad=requires_grad)


def as_nchw(images):
    return tensor(images).permute(0, 3, 1, 2)


class Discriminator:
    """A `PatchDiscriminator` with instance norm; its weights are leaves that gradients reach."""

    def __init__(self, network):
        self.blocks = [layer for layer in network.layers if hasattr(layer, "convolution")]
        self.weights = {
            variable.path: tensor(variable, requires_grad=True)
            for variable in network.trainable_variables
        }

    def __call__(self, condition, image):
        """Logits and inner feature maps of NCHW tensors."""
        x, features = torch.cat([condition, image], dim=1), []
        for block in self.blocks:
            convolution, norm = block.convolution, block.normalization
            bias = convolution.bias
            x = functional.conv2d(
                x,
                self.weights[convolution.kernel.path].permute(3, 2, 0, 1),
                None if bias is None else self.weights[bias.path],
                stride=convolution.strides,
                padding=1,
            )
            if norm is not None:
                scale, offset = (self.weights[v.path] for v in (norm.gamma, norm.beta))
                x = functional.instance_norm(x, weight=scale, bias=offset, eps=1e-5)
            if block is not self.blocks[-1]:
                x = functional.leaky_relu(x, 0.2)
                features.append(x)
        return x, features


def slope_of_mean_logit(discriminator, condition, image):
    """The gradient of each image's mean logit with respect to the image."""
    image = image.detach().requires_grad_()
    logits, _ = discriminator(condition, image)
    (slope,) = torch.autograd.grad(logits.mean(dim=(1, 2, 3)).sum(), image, create_graph=True)
    return slope
