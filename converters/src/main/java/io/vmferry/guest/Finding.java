package io.vmferry.guest;

import io.vmferry.error.ErrorCode;

/**
 * Something about a machine that its owner must know before or after an import.
 *
 * @param severity whether it stops the import
 * @param code the stable code; its remedy says what to do
 * @param detail what was found and where, without a final full stop
 */
public record Finding(Severity severity, ErrorCode code, String detail) {

  /** How bad it is. */
  public enum Severity {
    /** The import would fail, or the machine would not boot. */
    ERROR,
    /** The machine boots, but something of it will not work. */
    WARNING,
    /** Good to know. */
    NOTE
  }
}
