package io.vmferry.functions.api;

/**
 * A parameter of an action as EC2's model has it.
 *
 * @param name its path with N for list indexes: {@code DiskContainer.N.UserBucket.S3Bucket}
 * @param type what its values are
 * @param support what becomes of it here
 * @param note what there is to say of it; may be empty
 */
public record ApiParameter(String name, Type type, Support support, String note) {

  /** What values are. */
  public enum Type {
    /** Any text. */
    STRING,
    /** {@code true} or {@code false}. */
    BOOLEAN,
    /** A whole number of 32 bits. */
    INTEGER,
    /** A number with a fraction. */
    DOUBLE,
    /** ISO 8601 with a time zone. */
    TIMESTAMP
  }

  /** What becomes of a parameter. */
  public enum Support {
    /** It does what EC2's documentation says. */
    WORKS,
    /** Its value is checked and changes nothing, as the note says. */
    NO_EFFECT,
    /** It is refused with {@code UnsupportedOperation}. */
    REFUSED
  }
}
