# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the motion prior: data, the slice autoencoder, the denoiser."""
