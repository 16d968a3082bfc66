package io.vmferry.functions.service;

import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.UploadStore;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.TaskEvent;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Removes what a task has made: what is noted on it, and what carries its tag or lies below its
 * prefix, for a worker may have died between making a thing and noting it.
 */
public final class Removal {
  private final EffectStore effects;
  private final ImageStore images;
  private final SnapshotStore snapshots;
  private final UploadStore uploads;
  private final ObjectStore objects;
  private final WorkFiles files;
  private final TaskLog log;

  /** A remover on these ports that tells what it removes. */
  public Removal(
      EffectStore effects,
      ImageStore images,
      SnapshotStore snapshots,
      UploadStore uploads,
      ObjectStore objects,
      WorkFiles files,
      TaskLog log) {
    this.effects = effects;
    this.images = images;
    this.snapshots = snapshots;
    this.uploads = uploads;
    this.objects = objects;
    this.files = files;
    this.log = log;
  }

  /** Removes everything: the task has failed. */
  void removeAll(String taskId) {
    Set<Effect> all = new LinkedHashSet<>();
    images.findByTask(taskId).forEach(id -> all.add(new Effect(Effect.Kind.IMAGE, id)));
    snapshots.findByTask(taskId).forEach(id -> all.add(new Effect(Effect.Kind.SNAPSHOT, id)));
    all.addAll(effects.list(taskId));
    // Images first: a snapshot that an image uses cannot be deleted.
    remove(taskId, all, Effect.Kind.IMAGE);
    remove(taskId, all, Effect.Kind.SNAPSHOT);
    removeIntermediate(taskId);
  }

  /**
   * Removes what is not a result: staged sources, unfinished uploads, the plan and the chunks'
   * results.
   */
  void removeIntermediate(String taskId) {
    Set<Effect> all = new LinkedHashSet<>(effects.list(taskId));
    for (String upload : uploads.unfinished(files.bucket(), files.prefix(taskId))) {
      all.add(new Effect(Effect.Kind.UPLOAD, files.bucket() + "/" + upload));
    }
    all.add(files.effect(taskId));
    remove(taskId, all, Effect.Kind.UPLOAD);
    remove(taskId, all, Effect.Kind.OBJECT);
  }

  /**
   * Removes what a step has made while its task was removed, or after it had ended. The effects are
   * not asked for objects: those of a step lie below the task's prefix.
   */
  void removeLate(String taskId, Set<Effect.Kind> kinds) {
    Set<Effect> late = new LinkedHashSet<>();
    if (kinds.contains(Effect.Kind.IMAGE)) {
      images.findByTask(taskId).forEach(id -> late.add(new Effect(Effect.Kind.IMAGE, id)));
    }
    if (kinds.contains(Effect.Kind.SNAPSHOT)) {
      snapshots.findByTask(taskId).forEach(id -> late.add(new Effect(Effect.Kind.SNAPSHOT, id)));
    }
    if (kinds.contains(Effect.Kind.UPLOAD)) {
      for (String upload : uploads.unfinished(files.bucket(), files.prefix(taskId))) {
        late.add(new Effect(Effect.Kind.UPLOAD, files.bucket() + "/" + upload));
      }
    }
    if (kinds.contains(Effect.Kind.OBJECT)) {
      late.add(files.effect(taskId));
    }
    effects.list(taskId).stream()
        .filter(effect -> kinds.contains(effect.kind()) && effect.kind() != Effect.Kind.OBJECT)
        .forEach(late::add);
    for (Effect.Kind kind : Effect.Kind.values()) {
      remove(taskId, late, kind);
    }
  }

  private void remove(String taskId, Set<Effect> all, Effect.Kind kind) {
    for (Effect effect : all) {
      if (effect.kind() == kind) {
        remove(effect);
        effects.forget(taskId, effect);
        log.add(taskId, TaskEvent.Kind.REMOVED, TaskLog.text(effect));
      }
    }
  }

  private void remove(Effect effect) {
    String id = effect.id();
    int slash = id.indexOf('/');
    switch (effect.kind()) {
      case IMAGE -> images.deregister(id);
      case SNAPSHOT -> snapshots.delete(id);
      case UPLOAD -> {
        int hash = id.lastIndexOf('#');
        uploads.abort(
            id.substring(0, slash), id.substring(slash + 1, hash), id.substring(hash + 1));
      }
      case OBJECT -> objects.delete(id.substring(0, slash), id.substring(slash + 1));
    }
  }
}
