package io.vmferry.cli.boot;

/** The model of the one network card. qemu has no ENA, which is what EC2 has. */
public enum NetworkCard {
  /** An Intel card that the kernels of distributions have a driver for. */
  E1000E("e1000e"),
  /** A card that kernels made for clouds have a driver for. */
  VIRTIO("virtio-net-pci");

  private final String device;

  NetworkCard(String device) {
    this.device = device;
  }

  /** qemu's name of it. */
  String device() {
    return device;
  }
}
