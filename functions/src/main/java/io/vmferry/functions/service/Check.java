package io.vmferry.functions.service;

import io.vmferry.disk.ReferenceResolver;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectReader;
import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.functions.port.RemoteFiles.RemoteFile;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.ObjectVersion;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Finding.Severity;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.conversion.GuestConversion;
import io.vmferry.guest.conversion.StopSignal;
import io.vmferry.guest.inspect.Inspection;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Tells, before anything is uploaded, whatever would make an import fail or the machine not boot:
 * from headers, directories and what the guest's file systems hold in the places that matter. What
 * is wrong with the sources is a finding; a check itself fails only where they cannot be reached.
 */
public final class Check {
  /** How local files are named: {@code file:} and their path. */
  public static final String FILE_SCHEME = "file:";

  private static final Set<String> PACKAGES = Set.of("ova", "ovf");

  private final CheckedObjects objects;
  private final RemoteFiles remote;
  private final GuestConversion guests;
  private final Sources headers;
  private final Sources content;
  private final List<Finding> findings = new ArrayList<>();
  private final Set<ObjectVersion> seen = new HashSet<>();

  /**
   * One check.
   *
   * @param local this machine's files: an object's key is its path, the bucket is empty
   * @param objects S3; asked for only if a source is there
   */
  public Check(
      ObjectReader local,
      Supplier<? extends ObjectReader> objects,
      RemoteFiles remote,
      GuestConversion guests) {
    this.objects = new CheckedObjects(local, objects, remote);
    this.remote = remote;
    this.guests = guests;
    this.headers = new Sources(this.objects, Reading.HEADERS);
    this.content = new Sources(this.objects, Reading.GUEST);
  }

  /**
   * Looks at a machine; can be called once.
   *
   * @param containers its sources, whose URLs may also be {@code file:} and a path
   * @throws VmferryException if a service or the appliance fails
   * @throws IOException if a source cannot be read
   */
  public CheckReport look(List<DiskContainer> containers, StopSignal stop) throws IOException {
    List<Disk> disks = new ArrayList<>();
    boolean complete = true;
    for (int i = 0; i < containers.size(); i++) {
      Optional<Discovery.Found> found = find(i, containers.get(i));
      complete &= found.isPresent();
      disks.addAll(found.map(Discovery.Found::disks).orElse(List.of()));
    }
    List<Disk> numbered = Validate.numbered(disks);
    if (numbered.size() > StartImport.MAX_DISKS) {
      note(Severity.ERROR, StartImport.tooManyDisks(numbered.size()));
    }
    Optional<GuestFacts> facts = complete ? inspect(numbered, stop) : Optional.empty();
    findings.sort(Comparator.comparing(Finding::severity));
    long total = seen.stream().mapToLong(ObjectVersion::size).sum();
    return new CheckReport(findings, numbered, facts, objects.bytesRead(), total);
  }

  private Optional<Discovery.Found> find(int container, DiskContainer request) throws IOException {
    try {
      Discovery discovery = new Discovery("", container, request);
      Optional<Discovery.Found> found = find(discovery, request.url());
      found.ifPresent(f -> noteFiles(request, f));
      return found;
    } catch (VmferryException e) {
      note(Severity.ERROR, e);
    } catch (EOFException e) {
      note(
          Severity.ERROR,
          new VmferryException(ErrorCode.IMAGE_TRUNCATED, String.valueOf(e.getMessage()), e));
    }
    return Optional.empty();
  }

  private Optional<Discovery.Found> find(Discovery discovery, String url) throws IOException {
    if (url.startsWith(FILE_SCHEME)) {
      return Optional.of(
          find(discovery, objects.head(CheckedObjects.LOCAL, url.substring(FILE_SCHEME.length()))));
    }
    return switch (SourceLocation.parse(url)) {
      case SourceLocation.S3 at ->
          Optional.of(find(discovery, objects.head(at.bucket(), at.key())));
      case SourceLocation.Snapshot at ->
          throw new VmferryException(
              ErrorCode.SOURCE_LOCATION_INVALID,
              "a check reads files and objects, and %s is a snapshot".formatted(at.id()));
      case SourceLocation.Web at -> find(discovery, at);
    };
  }

  private Discovery.Found find(Discovery discovery, ObjectVersion object) throws IOException {
    seen.add(object);
    return discovery.look(headers.open(object), headers.besides(object));
  }

  private Optional<Discovery.Found> find(Discovery discovery, SourceLocation.Web at)
      throws IOException {
    RemoteFile file = remote.look(at.url());
    ObjectVersion object = objects.add(file);
    seen.add(object);
    if (!file.ranges()) {
      throw new VmferryException(
          ErrorCode.SOURCE_WITHOUT_RANGES,
          "the server of %s answers a request for a range with the whole file"
              .formatted(at.fileName()));
    }
    return Optional.of(
        discovery.look(headers.open(object, at.fileName()), ReferenceResolver.REFUSE));
  }

  /** Notes the files a container is read from, and whether a package can be verified. */
  private void noteFiles(DiskContainer request, Discovery.Found found) {
    for (Disk disk : found.disks()) {
      disk.files().stream().map(ContentFile::object).forEach(seen::add);
    }
    String name = request.format().orElse(request.url()).toLowerCase(Locale.ROOT);
    boolean isPackage = PACKAGES.stream().anyMatch(name::endsWith);
    if (isPackage && found.verifications().isEmpty()) {
      findings.add(
          new Finding(
              Severity.NOTE,
              ErrorCode.OVA_WITHOUT_MANIFEST,
              "%s has no manifest with digests of its disks"
                  .formatted(request.withoutCredentials().url())));
    }
  }

  private Optional<GuestFacts> inspect(List<Disk> disks, StopSignal stop) throws IOException {
    try {
      guests.checkAvailable();
      Inspection inspection = guests.inspect(content.openAll(disks), stop);
      findings.addAll(inspection.findings());
      return inspection.facts();
    } catch (VmferryException e) {
      note(Severity.ERROR, e);
    } catch (EOFException e) {
      note(
          Severity.ERROR,
          new VmferryException(ErrorCode.IMAGE_TRUNCATED, String.valueOf(e.getMessage()), e));
    }
    return Optional.empty();
  }

  /** Notes what the user can do something about; anything else is a failure of the check. */
  private void note(Severity severity, VmferryException e) {
    if (e.code().category() != ErrorCode.Category.USER) {
      throw e;
    }
    findings.add(new Finding(severity, e.code(), e.detail()));
  }
}
