package io.vmferry.cli;

import io.vmferry.disk.DiskFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** The steps tasks take in the tests. */
final class Tasks {
  static final long GIB = 1L << 30;

  private Tasks() {}

  static UnaryOperator<Task> validating() {
    return task -> task.advanced(TaskStatus.VALIDATING, "validating");
  }

  /** Converts as many disks as there are sizes. */
  static UnaryOperator<Task> converting(long... sizes) {
    return task ->
        task.advanced(TaskStatus.CONVERTING, "converting")
            .withDisks(IntStream.range(0, sizes.length).mapToObj(i -> disk(i, sizes[i])).toList());
  }

  static UnaryOperator<Task> completed(String imageId) {
    return task -> task.advanced(TaskStatus.COMPLETED, "done").withImage(imageId);
  }

  static UnaryOperator<Task> failed(ErrorCode code, String message) {
    return task ->
        task.advanced(TaskStatus.DELETED, message).withError(new TaskError(code, message));
  }

  static UnaryOperator<Task> kept(ErrorCode code, String message, Instant until) {
    return task -> task.kept(new TaskError(code, message), until);
  }

  static UnaryOperator<Task> deleted() {
    return task -> task.advanced(TaskStatus.DELETED, "cancelled");
  }

  private static Disk disk(int index, long size) {
    return new Disk(
            index,
            0,
            DiskFormat.VMDK,
            size,
            List.of(),
            Optional.of(index == 0 ? "/dev/sda1" : "/dev/sd" + (char) ('a' + index)),
            Optional.empty(),
            0,
            0)
        .withSnapshot("snap-%017x".formatted(index))
        .withPlan(1, size);
  }
}
