package io.vmferry.functions.task;

/**
 * Something a task makes outside of its own records, noted before or as it is made so that it can
 * be removed whatever happens.
 *
 * @param kind what it is
 * @param id how its service calls it: a snapshot's id; {@code bucket/key} of an object; {@code
 *     bucket/key#uploadId} of an upload; an image's id
 */
public record Effect(Kind kind, String id) {

  /** What can be made, in the order in which it is removed: users before what they use. */
  public enum Kind {
    /** An AMI. */
    IMAGE,
    /** An EBS snapshot. */
    SNAPSHOT,
    /** An unfinished multipart upload. */
    UPLOAD,
    /** An object in the work bucket; the id may end in {@code /} for all below a prefix. */
    OBJECT
  }
}
