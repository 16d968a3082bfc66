package io.vmferry.functions.task;

/** What a task does. */
public enum TaskKind {
  /** Disk images become an AMI. */
  IMPORT_IMAGE("import-ami-"),
  /** One disk image becomes an EBS snapshot; the guest is left as it is. */
  IMPORT_SNAPSHOT("import-snap-");

  private final String idPrefix;

  TaskKind(String idPrefix) {
    this.idPrefix = idPrefix;
  }

  /** How the ids of such tasks start; 17 hexadecimal digits follow. */
  public String idPrefix() {
    return idPrefix;
  }
}
