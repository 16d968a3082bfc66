package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Compute;
import io.vmferry.functions.task.ComputeChoice;
import io.vmferry.functions.task.ImportRequest;
import java.util.Optional;

/**
 * Chooses where a task's disks are converted. What the request says comes first, then what the
 * configuration says, then the work itself: functions are there within a second and many at once,
 * so they are faster for all but large disks; a container has no end after 15 minutes, and costs a
 * fraction where it is not the functions but the snapshots' quota of blocks that sets the pace.
 *
 * @param fargate whether there is a Fargate task at all
 * @param configured where disks are converted unless the request says otherwise; empty to choose by
 *     the work
 * @param fargateChunks from this many chunks on, which hold a GiB of data each, the work is
 *     Fargate's
 */
public record ComputePolicy(boolean fargate, Optional<Compute> configured, int fargateChunks) {
  /**
   * 256 GiB of data: at EBS's quota of 1,000 blocks a second nine minutes, whoever writes them.
   * Below it, a container's start (about a minute) would be felt.
   */
  public static final int DEFAULT_FARGATE_CHUNKS = 256;

  /**
   * What a function can take from a server that gives a file only as a whole: 15 minutes at 5 MiB a
   * second. A server slower than that fails the download in a function, and is to be forced to
   * Fargate.
   */
  static final long MOST_STREAMED_BY_FUNCTION = 4L << 30;

  /** No Fargate here. */
  public static final ComputePolicy FUNCTIONS_ONLY =
      new ComputePolicy(false, Optional.empty(), DEFAULT_FARGATE_CHUNKS);

  /**
   * Refuses a request that cannot be had.
   *
   * @throws VmferryException {@link ErrorCode#COMPUTE_UNAVAILABLE}
   */
  void check(ImportRequest request) {
    if (!fargate && request.compute().equals(Optional.of(Compute.FARGATE))) {
      throw new VmferryException(
          ErrorCode.COMPUTE_UNAVAILABLE, "Fargate was asked for, and is not deployed");
    }
  }

  /**
   * Chooses for the copies of files on web servers, before anything is known of the disks in them.
   *
   * @param largestStream bytes of the largest file that its server gives as a whole only; 0 if
   *     there is none
   */
  ComputeChoice forDownloads(ImportRequest request, long largestStream) {
    return forced(request)
        .orElseGet(
            () ->
                fargate && largestStream > MOST_STREAMED_BY_FUNCTION
                    ? new ComputeChoice(
                        Compute.FARGATE,
                        "a source of %s can only be read from its start to its end"
                            .formatted(gib(largestStream)))
                    : new ComputeChoice(Compute.LAMBDA, "the sources can be read in pieces"));
  }

  /**
   * Chooses for the conversion.
   *
   * @param earlier what was chosen for the downloads
   * @param chunks of all disks
   */
  ComputeChoice forConversion(ImportRequest request, Optional<ComputeChoice> earlier, int chunks) {
    Optional<ComputeChoice> decided =
        forced(request).or(() -> earlier.filter(choice -> choice.where() == Compute.FARGATE));
    if (decided.isPresent()) {
      return decided.get();
    }
    if (!fargate) {
      return new ComputeChoice(Compute.LAMBDA, "there is no Fargate here");
    }
    return chunks >= fargateChunks
        ? new ComputeChoice(
            Compute.FARGATE,
            "there are %,d chunks, and from %,d on one container costs less and takes no longer"
                .formatted(chunks, fargateChunks))
        : new ComputeChoice(
            Compute.LAMBDA,
            "there are %,d chunks, fewer than the %,d of a large disk"
                .formatted(chunks, fargateChunks));
  }

  private Optional<ComputeChoice> forced(ImportRequest request) {
    return request
        .compute()
        .map(where -> new ComputeChoice(where, "the request says so"))
        .or(() -> configured.map(where -> new ComputeChoice(where, "the configuration says so")));
  }

  private static String gib(long bytes) {
    return "%.1f GiB".formatted(bytes / (double) (1L << 30));
  }
}
