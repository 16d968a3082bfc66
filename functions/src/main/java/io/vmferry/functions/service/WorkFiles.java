package io.vmferry.functions.service;

import io.vmferry.functions.task.Effect;

/**
 * Where a task's intermediate objects are: all below one prefix of the work bucket, so that nothing
 * can be missed.
 */
public final class WorkFiles {
  private final String bucket;

  /** Files in {@code bucket}. */
  public WorkFiles(String bucket) {
    this.bucket = bucket;
  }

  /** The work bucket. */
  public String bucket() {
    return bucket;
  }

  /** The prefix of everything of a task; ends in a slash. */
  String prefix(String taskId) {
    return "tasks/" + taskId + "/";
  }

  /** The parts that downloads are made of. */
  String downloads(String taskId) {
    return prefix(taskId) + "downloads.json";
  }

  /** The plan: every chunk of every disk. */
  String plan(String taskId) {
    return prefix(taskId) + "plan.json";
  }

  /** The files whose digests a manifest promises. */
  String verifications(String taskId) {
    return prefix(taskId) + "verifications.json";
  }

  /** The digests of a chunk's blocks; its existence means that the chunk is done. */
  String digests(String taskId, int disk, int chunk) {
    return "%sdigests/%02d/%08d".formatted(prefix(taskId), disk, chunk);
  }

  /** What was found in the guest and changed; its existence means that the guest is done. */
  String guest(String taskId) {
    return prefix(taskId) + "guest.json";
  }

  /** The changed blocks of a disk, as a sparse VMDK. */
  String overlay(String taskId, int disk) {
    return "%sguest/%02d.vmdk".formatted(prefix(taskId), disk);
  }

  /** The digests of the changed blocks; its existence means that they are written. */
  String overlayDigests(String taskId, int disk) {
    return "%sguest/%02d.digests".formatted(prefix(taskId), disk);
  }

  /** The copy of a source that came from a web server. */
  String staged(String taskId, int container) {
    return "%ssources/%02d".formatted(prefix(taskId), container);
  }

  /** What a source on a web server was when it was first seen. */
  String version(String taskId, int container) {
    return "%ssources/%02d.json".formatted(prefix(taskId), container);
  }

  /** What the plan led to; its existence means that planning is done. */
  String planned(String taskId) {
    return prefix(taskId) + "planned.json";
  }

  /** All of it as an effect. */
  Effect effect(String taskId) {
    return new Effect(Effect.Kind.OBJECT, bucket + "/" + prefix(taskId));
  }
}
