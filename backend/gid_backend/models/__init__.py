# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of the motion prior: picture encoder, slice autoencoder, frequency-coordinated U-Net."""
