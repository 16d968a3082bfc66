package io.vmferry.functions.service;

import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.UploadStore;
import io.vmferry.functions.task.Effect;
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

  /** A remover on these ports. */
  public Removal(
      EffectStore effects,
      ImageStore images,
      SnapshotStore snapshots,
      UploadStore uploads,
      ObjectStore objects,
      WorkFiles files) {
    this.effects = effects;
    this.images = images;
    this.snapshots = snapshots;
    this.uploads = uploads;
    this.objects = objects;
    this.files = files;
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

  private void remove(String taskId, Set<Effect> all, Effect.Kind kind) {
    for (Effect effect : all) {
      if (effect.kind() == kind) {
        remove(effect);
        effects.forget(taskId, effect);
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
