package io.vmferry.functions.task;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What an import is asked to do.
 *
 * @param kind an image or a snapshot
 * @param containers the sources; the first one's first disk becomes the root device
 * @param name the image's name, 3 to 128 characters; empty for the task's id
 * @param description the image's or snapshot's description, at most 255 characters
 * @param architecture {@code x86_64}, {@code arm64} or {@code i386}; empty for {@code x86_64}
 * @param bootMode {@code legacy-bios}, {@code uefi} or {@code uefi-preferred}; empty for what the
 *     source says, else the architecture's default
 * @param encrypted whether the snapshots are encrypted; empty for the account's default
 * @param kmsKeyId the key that encrypts them; empty for the account's default
 * @param clientToken the same token and parameters start one task only; at most 64 characters
 * @param tags of the image and its snapshots
 * @param guest what is done to the guest; a snapshot's is always left as it is
 * @param options what else EC2's API lets a request say
 * @param compute where the disks are converted; empty to have that chosen
 */
public record ImportRequest(
    TaskKind kind,
    List<DiskContainer> containers,
    Optional<String> name,
    Optional<String> description,
    Optional<String> architecture,
    Optional<String> bootMode,
    Optional<Boolean> encrypted,
    Optional<String> kmsKeyId,
    Optional<String> clientToken,
    Map<String, String> tags,
    GuestOptions guest,
    ImportOptions options,
    Optional<Compute> compute) {

  /** A request that says nothing which only EC2's API knows, nor where its disks are converted. */
  public ImportRequest(
      TaskKind kind,
      List<DiskContainer> containers,
      Optional<String> name,
      Optional<String> description,
      Optional<String> architecture,
      Optional<String> bootMode,
      Optional<Boolean> encrypted,
      Optional<String> kmsKeyId,
      Optional<String> clientToken,
      Map<String, String> tags,
      GuestOptions guest) {
    this(
        kind,
        containers,
        name,
        description,
        architecture,
        bootMode,
        encrypted,
        kmsKeyId,
        clientToken,
        tags,
        guest,
        ImportOptions.NONE,
        Optional.empty());
  }

  /** Copies the collections. */
  public ImportRequest {
    containers = List.copyOf(containers);
    tags = Map.copyOf(tags);
    // Requests that were stored before there was a choice left the guest as it is.
    guest = Objects.requireNonNullElse(guest, GuestOptions.AS_IT_IS);
    options = Objects.requireNonNullElse(options, ImportOptions.NONE);
  }

  /** The request with its disks converted there. */
  public ImportRequest withCompute(Optional<Compute> where) {
    return new ImportRequest(
        kind,
        containers,
        name,
        description,
        architecture,
        bootMode,
        encrypted,
        kmsKeyId,
        clientToken,
        tags,
        guest,
        options,
        where);
  }

  /** The request with no credentials in its containers' locations. */
  public ImportRequest withoutCredentials() {
    return new ImportRequest(
        kind,
        containers.stream().map(DiskContainer::withoutCredentials).toList(),
        name,
        description,
        architecture,
        bootMode,
        encrypted,
        kmsKeyId,
        clientToken,
        tags,
        guest.withoutCredentials(),
        options,
        compute);
  }

  /** Whether the guest is to be changed, or would be. */
  public boolean opensGuest() {
    return kind == TaskKind.IMPORT_IMAGE && guest.modify();
  }

  /** Whether nothing is to be made but the report. */
  public boolean onlyReports() {
    return opensGuest() && guest.dryRun();
  }
}
