package io.vmferry.infra.construct;

/**
 * The size of the container that converts large disks, and sources that cannot be read at random.
 *
 * @param cpu processor units, 1,024 for each vCPU: 256 to 16,384 as Fargate offers them
 * @param memoryMib memory in MiB, in a proportion that Fargate offers
 */
public record FargateSize(int cpu, int memoryMib) {
  /** Four vCPUs, which one import's blocks keep busy, and 8 GiB. */
  public static final FargateSize DEFAULT = new FargateSize(4096, 8192);

  private static final int LEAST_CPU = 256;
  private static final int MOST_CPU = 16_384;
  private static final int LEAST_MEMORY = 1024;
  private static final int MOST_MEMORY = 122_880;

  /** Checks the ranges; the proportion is Fargate's to check. */
  public FargateSize {
    if (cpu < LEAST_CPU || cpu > MOST_CPU || Integer.bitCount(cpu) != 1) {
      throw new IllegalArgumentException(
          "Fargate has no %d processor units: 256, 512, 1024, 2048, 4096, 8192 and 16384 are offered"
              .formatted(cpu));
    }
    if (memoryMib < LEAST_MEMORY || memoryMib > MOST_MEMORY) {
      throw new IllegalArgumentException(
          "%d MiB of memory for the container; 1024 to 122880 are allowed".formatted(memoryMib));
    }
  }
}
