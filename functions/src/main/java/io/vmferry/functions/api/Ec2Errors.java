package io.vmferry.functions.api;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What vmferry's failures are called in EC2's API: as an error of a call, where the call itself
 * fails; as the status message of a task, where the task does.
 */
public final class Ec2Errors {
  private static final String CLIENT = "ClientError: ";
  private static final String SERVER = "ServerError: ";

  /** Where a code is not the one of its category. */
  private static final Map<ErrorCode, String> CODES = codes();

  private Ec2Errors() {}

  private static Map<ErrorCode, String> codes() {
    Map<ErrorCode, String> codes = new EnumMap<>(ErrorCode.class);
    for (ErrorCode code : ErrorCode.values()) {
      String family = code.name().substring(0, code.name().indexOf('_') + 1);
      switch (family) {
        case "IMAGE_", "SOURCE_", "REFERENCE_" -> codes.put(code, "InvalidParameter");
        case "VMDK_", "VHD_", "VHDX_", "OVA_", "OVF_" -> codes.put(code, "InvalidFormat");
        case "PARTITION_", "OS_", "DISK_", "FSTAB_", "LVM_", "KERNEL_", "INITRAMFS_", "GUEST_" ->
            codes.put(code, "Unsupported");
        default -> {}
      }
    }
    codes.keySet().removeIf(code -> code.category() != ErrorCode.Category.USER);
    codes.put(ErrorCode.CLIENT_TOKEN_CONFLICT, "IdempotentParameterMismatch");
    codes.put(ErrorCode.TASK_NOT_FOUND, "InvalidConversionTaskId");
    codes.put(ErrorCode.TASK_STATE_CONFLICT, "IncorrectState");
    codes.put(ErrorCode.TASK_LIMIT_EXCEEDED, "ResourceCountLimitExceeded");
    codes.put(ErrorCode.SNAPSHOT_NOT_FOUND, "InvalidSnapshot.NotFound");
    codes.put(ErrorCode.AMI_NOT_FOUND, "InvalidAMIID.NotFound");
    codes.put(ErrorCode.SERVICE_ACCESS_DENIED, "InvalidParameter");
    return codes;
  }

  /** The code that EC2's clients see. */
  public static String code(ErrorCode code) {
    String own = CODES.get(code);
    if (own != null) {
      return own;
    }
    return switch (code.category()) {
      case USER -> "InvalidParameterValue";
      case EXTERNAL -> "Unavailable";
      case CAPACITY -> "RequestLimitExceeded";
      case INTERNAL -> "InternalError";
    };
  }

  /** The HTTP status that goes with it. */
  public static int status(ErrorCode code) {
    return switch (code.category()) {
      case USER -> 400;
      case EXTERNAL -> 503;
      case CAPACITY -> code == ErrorCode.TASK_LIMIT_EXCEEDED ? 400 : 503;
      case INTERNAL -> 500;
    };
  }

  /** The error of a call that failed. */
  static ApiException of(VmferryException failure) {
    String code = code(failure.code());
    // Where the service's own text starts with its code, the answer has that apart.
    String message = String.valueOf(failure.getMessage());
    for (String start : List.of(code + ": ", "Client." + code + ": ", CLIENT)) {
      message = message.startsWith(start) ? message.substring(start.length()) : message;
    }
    return new ApiException(status(failure.code()), code, message);
  }

  /** The status message of a task that failed or was cancelled. */
  static String statusMessage(Task task) {
    return task.error().map(Ec2Errors::statusMessage).orElse(task.statusMessage());
  }

  private static String statusMessage(TaskError error) {
    String message = error.message();
    if (error.code() == ErrorCode.TASK_CANCELLED
        || message.startsWith(CLIENT)
        || message.startsWith("Client.")) {
      return message;
    }
    return (error.code().category() == ErrorCode.Category.USER ? CLIENT : SERVER) + message;
  }
}
