package io.vmferry.error;

import org.jspecify.annotations.Nullable;

/**
 * The stable codes of every failure a user can meet. Names are API: scripts match on them. Each has
 * a category, the cause and the remedy; {@code docs/errors.md} is made of them.
 */
public enum ErrorCode {
  // Images of any format.
  IMAGE_EMPTY(
      Category.USER,
      "The file has no bytes.",
      "Upload the image again and compare its size with the original's."),
  IMAGE_TRUNCATED(
      Category.USER,
      "The file ends before a structure or data that its headers promise.",
      "Upload or copy the image again; if the original is as short, make it again."),
  IMAGE_FORMAT_UNKNOWN(
      Category.USER,
      "The bytes are not an image of any supported format.",
      "If this is a raw disk, say so with the format 'raw'; otherwise convert it to VMDK, VHD, VHDX or OVA.",
      "InvalidParameter: Parameter disk-image-size=0 has an invalid format"),
  IMAGE_FORMAT_MISMATCH(
      Category.USER,
      "The declared format is not the one the bytes have.",
      "Declare the format that was found, or none."),
  DISK_SIZE_ZERO(
      Category.USER, "The image holds a disk of 0 bytes.", "Make the image again from the disk."),
  DISK_SIZE_TOO_LARGE(
      Category.USER,
      "The disk is larger than an EBS snapshot may be imported: 16 TiB.",
      "Shrink the disk, or split it over several volumes."),
  REFERENCE_REFUSED(
      Category.USER,
      "The image names another file that was not given with it, or by a name that is not a plain file name.",
      "Pack all of the machine's files into one OVA, or convert the disk to one self-contained file."),
  REFERENCE_MISSING(
      Category.USER,
      "A file that the image names is not there.",
      "Put every file of the image beside it, under the names it uses."),

  // VMDK.
  VMDK_HEADER_INVALID(
      Category.USER, "The VMDK's sparse extent header is damaged.", "Export the disk again."),
  VMDK_VERSION_UNSUPPORTED(
      Category.USER,
      "The VMDK has a version that is not known.",
      "Export the disk as stream-optimized VMDK."),
  VMDK_COMPRESSION_UNSUPPORTED(
      Category.USER,
      "The VMDK is compressed with an algorithm that is not deflate.",
      "Export the disk as stream-optimized VMDK.",
      "File uses unsupported compression algorithm"),
  VMDK_DESCRIPTOR_INVALID(
      Category.USER, "The VMDK's descriptor cannot be understood.", "Export the disk again."),
  VMDK_EXTENT_UNSUPPORTED(
      Category.USER,
      "The VMDK has an extent of a kind that holds no importable data: a raw device mapping, or a VMFS file.",
      "Export the disk as stream-optimized VMDK; a raw device mapping must become a virtual disk first."),
  VMDK_SESPARSE_UNSUPPORTED(
      Category.USER,
      "The VMDK is a space-efficient sparse (SEsparse) disk, as snapshots of VMFS-6 make them.",
      "Consolidate the machine's snapshots and export the disk as stream-optimized VMDK."),
  VMDK_DELTA_UNSUPPORTED(
      Category.USER,
      "The VMDK is a delta disk: it holds only the changes to a parent disk.",
      "Consolidate the machine's snapshots and export the disk again."),
  VMDK_GRAIN_DIRECTORY_INVALID(
      Category.USER,
      "The VMDK's grain directory, or an entry of it, points outside of the file.",
      "The file is damaged or cut off: copy or export it again."),
  VMDK_GRAIN_TABLE_INVALID(
      Category.USER,
      "An entry of a VMDK's grain table points outside of the file.",
      "The file is damaged or cut off: copy or export it again."),
  VMDK_GRAIN_INVALID(
      Category.USER,
      "A compressed grain of the VMDK cannot be inflated to the length it must have.",
      "The file is damaged: copy or export it again.",
      "ClientError: Uncompressed data has invalid length"),

  // VHD.
  VHD_FOOTER_INVALID(
      Category.USER,
      "The VHD's footer, or its copy at the start of a dynamic disk, is missing, damaged, or they differ.",
      "Export the disk again; a disk that is a checkpoint of another must be merged first.",
      "ClientError: Footers not identical"),
  VHD_HEADER_INVALID(
      Category.USER,
      "The dynamic VHD's header is damaged.",
      "The file is damaged: copy or export it again."),
  VHD_DIFFERENCING_UNSUPPORTED(
      Category.USER,
      "The VHD is a differencing disk: it holds only the changes to a parent disk.",
      "Merge the checkpoint into its parent and import the merged disk.",
      "ClientError: Footers not identical"),
  VHD_BLOCK_ALLOCATION_TABLE_INVALID(
      Category.USER,
      "An entry of the VHD's block allocation table points outside of the file.",
      "The file is damaged or cut off: copy or export it again."),

  // VHDX.
  VHDX_HEADER_INVALID(
      Category.USER,
      "Neither of the VHDX's two headers is valid.",
      "The file is damaged: copy or export it again."),
  VHDX_REGION_TABLE_INVALID(
      Category.USER,
      "The VHDX's region tables are damaged or name a required region that is not known.",
      "The file is damaged: copy or export it again."),
  VHDX_METADATA_INVALID(
      Category.USER,
      "The VHDX's metadata is damaged or has a required item that is not known.",
      "The file is damaged: copy or export it again."),
  VHDX_LOG_INVALID(
      Category.USER,
      "The VHDX was not closed properly, and the log that would repair it is damaged.",
      "Attach the disk to the hypervisor it comes from, detach it cleanly, and copy it again."),
  VHDX_BLOCK_ALLOCATION_TABLE_INVALID(
      Category.USER,
      "An entry of the VHDX's block allocation table points outside of the file or has an unknown state.",
      "The file is damaged or cut off: copy or export it again."),
  VHDX_DIFFERENCING_UNSUPPORTED(
      Category.USER,
      "The VHDX is a differencing disk: it holds only the changes to a parent disk.",
      "Merge the checkpoint into its parent and import the merged disk."),

  // OVA and OVF.
  OVA_TAR_INVALID(
      Category.USER,
      "The OVA is not a valid tar archive.",
      "The file is damaged or cut off: copy or export it again."),
  OVA_MEMBER_NAME_UNSAFE(
      Category.USER,
      "A member of the OVA has an absolute name or one with '..' in it.",
      "Export the machine again; do not use an OVA from a source you do not trust."),
  OVA_WITHOUT_OVF(Category.USER, "The OVA has no .ovf member.", "Export the machine again as OVA."),
  OVA_SEVERAL_OVFS(
      Category.USER, "The OVA has more than one .ovf member.", "Pack one machine into one OVA."),
  OVA_MANIFEST_INVALID(
      Category.USER,
      "A line of the OVA's manifest (.mf) cannot be understood.",
      "Export the machine again."),
  OVA_MANIFEST_MISMATCH(
      Category.USER,
      "A file of the OVA does not have the digest its manifest (.mf) promises.",
      "The file is damaged or was changed: copy or export it again."),
  OVF_INVALID(
      Category.USER, "The OVF descriptor cannot be understood.", "Export the machine again."),
  OVF_XML_UNSAFE(
      Category.USER,
      "The OVF descriptor declares a document type or entities, which no OVF needs.",
      "Export the machine again; do not use an OVA from a source you do not trust."),
  OVF_FILE_MISSING(
      Category.USER,
      "The OVF names a file that the OVA does not hold.",
      "Export the machine again, or add the file under the name the OVF uses."),
  OVF_WITHOUT_DISK(
      Category.USER,
      "The OVF describes no disk that has content.",
      "Export the machine with its disks."),
  OVF_SEVERAL_SYSTEMS(
      Category.USER,
      "The OVF describes more than one virtual machine.",
      "Export each machine on its own."),
  OVF_DELTA_UNSUPPORTED(
      Category.USER,
      "A disk of the OVF holds only the changes to another disk of it.",
      "Consolidate the machine's snapshots and export it again."),
  OVA_WITHOUT_MANIFEST(
      Category.USER,
      "The package has no manifest, or one without its disks.",
      "Nothing; with a manifest, damage on the way would be noticed. Most tools write one when they export."),
  OVF_COMPRESSION_UNSUPPORTED(
      Category.USER,
      "A file of the OVF is compressed or cut into chunks.",
      "Export the machine with its disks as stream-optimized VMDK, whole and without further compression."),

  // What lies on a machine's disks.
  PARTITION_TABLE_INVALID(
      Category.USER,
      "The disk's GUID partition table and its backup are damaged.",
      "Repair the table in the machine the disk comes from (gdisk: r, then b or d; parted repairs it too), and export it again."),
  PARTITION_TABLE_DAMAGED(
      Category.USER,
      "The disk's partition table is damaged in a part, or the disk is shorter than it says.",
      "Look whether the disk was cut off; repair its partition table and export it again."),
  PARTITION_NONE(
      Category.USER,
      "The disk that the machine boots from has no partition.",
      "Import the disk of a whole machine; a single file system can be imported as a snapshot.",
      "Client.Unsupported: No bootable partition found"),
  PARTITION_NOT_BOOTABLE(
      Category.USER,
      "No partition of the machine's first disk can be booted: there is no boot code, no active partition and no EFI system partition.",
      "Make the disk with the boot loader the machine's first one, or install the boot loader again, and export the machine again.",
      "Client.Unsupported: No bootable partition found"),
  DISK_DYNAMIC_UNSUPPORTED(
      Category.USER,
      "The disk is a dynamic disk of Windows.",
      "Convert it to a basic disk and export the machine again."),
  DISK_ENCRYPTED(
      Category.USER,
      "The system's volume is encrypted, so that it can be neither changed nor booted without somebody's key.",
      "Decrypt it (BitLocker: manage-bde -off; LUKS: cryptsetup-reencrypt --decrypt, or install without encryption) and export the machine again."),
  FILE_SYSTEM_UNKNOWN(
      Category.USER,
      "A partition holds nothing that is known.",
      "If the machine needs it, see that it is mounted after the import; its bytes are copied as they are."),

  // What a machine boots.
  OS_NOT_FOUND(
      Category.USER,
      "No operating system was found on the machine's disks.",
      "Import all of the machine's disks, the one it boots from first, or import a disk without a system as a snapshot."),
  OS_SEVERAL(
      Category.USER,
      "There is more than one operating system on the machine's disks.",
      "Leave one bootable system with one /etc on the machine's disks and export it again.",
      "ClientError: Unsupported configuration - Multiple directories found"),
  OS_UNSUPPORTED(
      Category.USER,
      "The operating system is none that is known to run on EC2.",
      "Import without changing the guest if it has the drivers; else install a system that the README lists."),
  OS_32_BIT(
      Category.USER,
      "The operating system is a 32-bit one.",
      "Install the 64-bit edition; EC2 no longer boots 32-bit systems from imported images."),
  OS_NOT_MODIFIED(
      Category.USER,
      "The operating system is imported as it is, because changing it is not supported yet.",
      "Install the AWS drivers (NVMe, ENA) and set the network to DHCP before exporting the machine."),
  FSTAB_UNREADABLE(
      Category.USER,
      "The guest's /etc/fstab cannot be read or has no entry.",
      "See that /etc/fstab is a regular file with the guest's file systems, and export the machine again.",
      "ClientError: Invalid configuration - Could not read fstab"),
  FSTAB_ENTRY_UNKNOWN(
      Category.USER,
      "An entry of the guest's /etc/fstab is invalid, or names a device that is on none of the machine's disks.",
      "Remove it, or import the disk it is on, too; the import makes it optional."),
  LVM_FAILED(
      Category.USER,
      "A volume group of the guest does not activate.",
      "Import all disks of the volume group, and see that vgchange -ay succeeds with these disks alone.",
      "ClientError: Unsupported configuration - Logical volume group activation failed"),
  KERNEL_NOT_FOUND(
      Category.USER,
      "There is no kernel in the guest's /boot, or the one it boots by itself is not there.",
      "Install a kernel from the distribution's packages, see that /boot is on one of the imported disks, and export the machine again."),
  KERNEL_WITHOUT_DRIVERS(
      Category.USER,
      "A kernel the guest may boot lacks drivers that EC2 instances need.",
      "Install a kernel that has them: NVMe and ENA came with RHEL 7.4, SLES 12 SP2, Debian 9 and Ubuntu 16.04; without them only Xen instances boot it, without Xen's none."),
  INITRAMFS_UNREADABLE(
      Category.USER,
      "An initramfs of the guest is damaged, or compressed in a way that is not known.",
      "Make it again in the machine the guest comes from, if the guest does not boot; the import appends the drivers to it as it is."),
  SPACE_TOO_SMALL(
      Category.USER,
      "A file system of the guest has too little space or too few inodes left for the changes.",
      "Leave 100 MB on /, 50 MB on /boot, 10 MB on others and 100 inodes on each, and export the machine again."),
  ROOT_NOT_ON_FIRST_DISK(
      Category.USER,
      "The root file system is not on the machine's first disk.",
      "Put the disk with the root file system first, or see that the first one boots it."),
  UEFI_LOADER_MISSING(
      Category.USER,
      "The EFI system partition has no loader at the place EC2's firmware looks: \\EFI\\BOOT\\BOOTX64.EFI.",
      "Nothing, if the import may change the guest: it copies the distribution's loader there."),
  HYPERVISOR_TOOLS_FOUND(
      Category.USER,
      "Software of another hypervisor, or of a conversion from a physical machine, is installed.",
      "Nothing, if the import may change the guest: it keeps the tools from starting. Else remove them before the export."),
  GUEST_HOSTILE(
      Category.USER,
      "Something in the guest is as no distribution makes it, and was left alone.",
      "Look at it in the machine the guest comes from."),

  // Guests.
  GUEST_FILE_UNREADABLE(
      Category.USER,
      "A file of the guest that must be read is no regular file, or far larger than such a file is.",
      "Look at the file in the machine it comes from and put it right, or import without changing the guest."),
  GUEST_FILE_UNWRITABLE(
      Category.USER,
      "The guest's file system does not take a change: it is full, read-only or damaged.",
      "Free some space, check the file system in the machine it comes from, and export it again."),
  GUEST_COMMAND_FAILED(
      Category.USER,
      "A program of the guest's failed or did not end.",
      "Run it in the machine the guest comes from to see why, or import without asking for it."),
  GUEST_KERNEL_DRIVERS_MISSING(
      Category.USER,
      "No kernel of the guest has a driver for EC2's disks, NVMe or Xen.",
      "Install a kernel of the distribution's that has one in the machine, and export it again."),
  GUEST_DRIVER_UNAVAILABLE(
      Category.USER,
      "A driver's module, or one that it needs, cannot be taken from the guest.",
      "Install the kernel's package again in the machine, and export it again."),
  GUEST_UEFI_LOADER_MISSING(
      Category.USER,
      "The guest boots by UEFI, and its EFI system partition has no boot loader that is found without a boot entry.",
      "Install the distribution's boot loader with its fallback, such as 'grub-install --removable', and export the machine again."),
  OVERLAY_FULL(
      Category.CAPACITY,
      "The changes to a guest's disks take more local disk space than they may.",
      "Give the task more temporary space; a guest that writes that much may be damaged."),
  GUEST_APPLIANCE_UNAVAILABLE(
      Category.USER,
      "The libguestfs appliance, in which guests are opened, cannot be started on this machine.",
      "Install what the message names; on Debian scripts/setup-packages guest does it. Or import without opening the guest: --no-modify-os."),
  GUEST_APPLIANCE_FAILED(
      Category.EXTERNAL,
      "The libguestfs appliance failed, or did not answer in time.",
      "Try again; if it fails for the same reason, the guest's file systems may be damaged: check them on the source machine."),
  GUEST_APPLIANCE_TIMEOUT(
      Category.EXTERNAL,
      "A step in the libguestfs appliance took longer than it may.",
      "Try again; if it fails for the same reason, the guest's file systems may be damaged: check them on the source machine."),

  GUEST_ATTRIBUTE_CONTRADICTED(
      Category.USER,
      "The request asks for an attribute of the image that does not fit what the guest was found to be.",
      "Leave the option out, so that the image gets what fits the guest, or be sure that the guest does boot so."),

  // Sources.
  SOURCE_LOCATION_INVALID(
      Category.USER,
      "The source is not an s3:// or https:// location or a readable file.",
      "Give s3://bucket/key, an https:// URL, or a path.",
      "Invalid S3 source location"),
  SOURCE_NOT_FOUND(
      Category.USER,
      "There is no such object or file.",
      "Check the path; of an object, the bucket, the key and the Region.",
      "Invalid S3 source location"),
  SOURCE_ACCESS_DENIED(
      Category.USER,
      "The source may not be read.",
      "Allow s3:GetObject on it (and kms:Decrypt on its key) to vmferry's functions, or make a new presigned URL.",
      "Invalid S3 source location"),
  SOURCE_REGION_MISMATCH(
      Category.USER,
      "The bucket is in another Region than the stack.",
      "Copy the object to a bucket in the stack's Region, or deploy a stack where the bucket is.",
      "The given S3 bucket is not local to the Region"),
  SOURCE_CHANGED(
      Category.USER,
      "The source changed while it was imported.",
      "Import it again, and leave it alone until the task has ended."),
  SOURCE_ADDRESS_REFUSED(
      Category.USER,
      "The URL leads to a private, loopback or link-local address.",
      "Upload the image to S3 and import it from there."),
  SOURCE_WITHOUT_RANGES(
      Category.USER,
      "The web server does not take range requests, so that nothing can be told before the file is copied.",
      "Use a server that takes them, download the file, or import without checking first."),
  SOURCE_SIZE_UNKNOWN(
      Category.USER,
      "The server of the URL does not tell the file's size, or compresses what it sends.",
      "Upload the image to S3 and import it from there."),
  SOURCE_UNREACHABLE(
      Category.EXTERNAL,
      "The server of the URL does not answer as it should.",
      "Try again later, or upload the image to S3."),

  // Requests and tasks.
  PARAMETER_INVALID(
      Category.USER,
      "A parameter of the request is missing or has no valid value.",
      "Correct the parameter."),
  LICENSE_INCOMPATIBLE(
      Category.USER,
      "The licence or usage operation asked for is none of the guest's operating system.",
      "Leave LicenseType and UsageOperation out, or give RunInstances for Linux and RunInstances:0800 for Windows."),
  UPLOAD_OPTIONS_INVALID(
      Category.USER,
      "The options of an upload (its .import.json, or its vmferry- metadata) are not understood.",
      "Correct them as docs/events.md lists them, and upload the image again."),
  TOO_MANY_DISKS(
      Category.USER, "A machine has more than 21 disks.", "Import the further disks as snapshots."),
  TASK_NOT_FOUND(Category.USER, "There is no task of that id.", "List the tasks there are."),
  TASK_CANCELLED(Category.USER, "The task was cancelled.", "Start it again if that was not meant."),
  TASK_STATE_CONFLICT(
      Category.USER,
      "The task's state does not allow that.",
      "Look at the task's status; a task that has ended stays so."),
  TASK_NOT_RETRYABLE(
      Category.USER,
      "What the failed task had written is not there any more, or its execution cannot run again.",
      "Import the source again."),
  CLIENT_TOKEN_CONFLICT(
      Category.USER,
      "The client token was used before with other parameters.",
      "Use a new client token for a new request."),
  TASK_LIMIT_EXCEEDED(
      Category.CAPACITY,
      "As many tasks are active as the configuration allows.",
      "Wait for one to end, or raise the limit."),
  COMPUTE_UNAVAILABLE(
      Category.USER,
      "The request wants its disks converted by Fargate, and there is no Fargate task here.",
      "Leave the choice to vmferry, or deploy it with Fargate."),
  SNAPSHOT_NOT_FOUND(
      Category.USER, "There is no snapshot of that id.", "List the snapshots there are."),
  STATE_DIRECTORY_UNUSABLE(
      Category.USER,
      "The state directory cannot be used.",
      "Choose another with --state, or stop the vmferry that uses it."),
  PORT_UNUSABLE(
      Category.USER,
      "The port of the embedded AWS cannot be opened: another program has it, or it may not be used.",
      "Choose another with --port, 0 for any that is free, or end the program that has it."),
  OUTPUT_UNUSABLE(Category.USER, "The output cannot be written.", "Choose another place for it."),

  // Booting an image here.
  AMI_NOT_FOUND(Category.USER, "There is no image of that id.", "List the images there are."),
  AMI_ARCHITECTURE_UNSUPPORTED(
      Category.USER,
      "The image is of an architecture that is not booted here.",
      "Boot images of x86_64 or i386."),
  BOOT_PROGRAM_MISSING(
      Category.USER,
      "A program or firmware that boots machines is not installed.",
      "Install the package that the message names."),
  BOOT_TEXT_NOT_SHOWN(
      Category.USER,
      "The machine's serial console did not show the expected text.",
      "Read the console (--console-log) for where the boot stopped; give a slow machine more time (--timeout)."),
  BOOT_MACHINE_FAILED(
      Category.EXTERNAL,
      "The machine did not start in qemu, or qemu ended with an error.",
      "Read qemu's message; less memory (--memory) or another qemu can help."),

  // The services below.
  SERVICE_THROTTLED(
      Category.CAPACITY,
      "An AWS service throttles the account's calls.",
      "The task retries by itself; if it fails for that, raise the quota."),
  SERVICE_UNAVAILABLE(
      Category.EXTERNAL,
      "An AWS service fails or does not answer.",
      "The task retries by itself; if it fails for that, try again later."),
  SERVICE_ACCESS_DENIED(
      Category.USER,
      "An AWS service refuses a call of vmferry's role.",
      "Give the role the permission the message names.",
      "The service role <vmimport> does not exist or does not have sufficient permissions for the service to continue"),
  SNAPSHOT_FAILED(
      Category.EXTERNAL, "EBS ended the snapshot with an error.", "Start the task again."),

  CONTAINER_FAILED(
      Category.EXTERNAL,
      "The container that converts a task's disks could not be started, or was ended from outside.",
      "Try again. If it ran out of memory, give it more, or fewer chunks at once (VMFERRY_CHUNKS_AT_ONCE)."),

  // Ourselves.
  INTERNAL(
      Category.INTERNAL,
      "A fault of vmferry itself.",
      "Report it with the task's id and the output of --debug.");

  /** Who must act, and whether trying again can help. */
  public enum Category {
    /** The request or the image must change. */
    USER,
    /** A service outside of vmferry failed; trying again can help. */
    EXTERNAL,
    /** A quota or limit is reached; trying again later helps. */
    CAPACITY,
    /** A fault of vmferry. */
    INTERNAL
  }

  private final Category category;
  private final String cause;
  private final String remedy;
  private final @Nullable String guideText;

  ErrorCode(Category category, String cause, String remedy) {
    this(category, cause, remedy, null);
  }

  ErrorCode(Category category, String cause, String remedy, @Nullable String guideText) {
    this.category = category;
    this.cause = cause;
    this.remedy = remedy;
    this.guideText = guideText;
  }

  /** Who must act. */
  public Category category() {
    return category;
  }

  /** What lies behind the failure, in one sentence. */
  public String cause() {
    return cause;
  }

  /** What to do, in one sentence. */
  public String remedy() {
    return remedy;
  }

  /**
   * The EC2 service's own text for this failure, which users search for; null where it has none.
   */
  public @Nullable String guideText() {
    return guideText;
  }

  /** The whole message: the guide's text where there is one, the detail, the remedy. */
  String message(String detail) {
    String start = guideText == null ? "" : guideText + ": ";
    return start + detail + ". " + remedy;
  }

  /**
   * The detail that a whole message was made of; the text itself if it is no message of this code.
   */
  public String detailOf(String message) {
    String start = guideText == null ? "" : guideText + ": ";
    String end = ". " + remedy;
    boolean whole =
        message.startsWith(start)
            && message.endsWith(end)
            && message.length() >= start.length() + end.length();
    return whole ? message.substring(start.length(), message.length() - end.length()) : message;
  }
}
