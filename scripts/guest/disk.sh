# The guest's disk: partitions, boot loader, file systems. Part of scripts/make-guest.
# shellcheck shell=sh disable=SC2154 # its variables are make-guest's

disk_mib=2048
root_uuid=5b6ef2a4-1f0c-4c0e-9d0b-7a3f2c1d9e12
boot_uuid=c0a1d3b8-9f7e-4a55-8a0f-2d6b1e4c7f34
esp_serial=76FE9A31

# Decides what is where, in MiB; each part begins where the one before ends. Sets what the fstab, the boot loader and
# the file systems are made by.
lay_out() {
  next=1
  partition=1
  esp_device='' esp_start='' boot_start=''
  if [ "$firmware" = uefi ]; then
    esp_device=/dev/sda$partition esp_start=$next esp_mib=63
    next=$((next + esp_mib)) partition=$((partition + 1))
  fi
  if [ "$file_system" = lvm ]; then
    boot_device=/dev/sda$partition boot_start=$next boot_mib=256 boot_partition=$partition
    next=$((next + boot_mib)) partition=$((partition + 1))
  fi
  root_start=$next root_partition=$partition
  # A GPT has a copy at the disk's end.
  root_mib=$((disk_mib - root_start - 1))
  root_device=/dev/sda$root_partition
  if [ "$file_system" = lvm ]; then
    root_device=/dev/mapper/vg0-root
  else
    boot_device=$root_device boot_partition=$root_partition boot_uuid=$root_uuid
  fi
  if [ "$root_spelling" = uuid ]; then
    root_source=UUID=$root_uuid boot_source=UUID=$boot_uuid
    esp_source=UUID=$(echo $esp_serial | sed 's/..../&-/')
    # A logical volume's name is the same on every disk controller.
    [ "$file_system" != lvm ] || root_source=$root_device
  else
    root_source=$root_device boot_source=$boot_device esp_source=$esp_device
  fi
}

# grub.cfg as the guest's own scripts write it, and GRUB's modules beside it.
make_boot_configuration() {
  {
    echo 'GRUB_DEFAULT=0'
    echo 'GRUB_TIMEOUT=1'
    echo 'GRUB_DISTRIBUTOR=Debian'
    if [ "$console" = serial ]; then
      echo 'GRUB_CMDLINE_LINUX_DEFAULT=""'
      echo 'GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"'
    else
      echo 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"'
      echo 'GRUB_CMDLINE_LINUX=""'
    fi
    [ "$root_spelling" != device ] || echo 'GRUB_DISABLE_LINUX_UUID=true'
  } >"$root/etc/default/grub"
  if [ "$firmware" = uefi ]; then table=gpt; else table=msdos; fi
  boot_fs=ext2 abstraction='' root_fs=ext2 grub_subvolume=''
  case $file_system in
    lvm) abstraction=lvm ;;
    xfs) root_fs=xfs boot_fs=xfs ;;
    btrfs) root_fs=btrfs boot_fs=btrfs grub_subvolume=$subvolume ;;
  esac
  cat >"$root/etc/grub-probe.facts" <<FACTS
root_device=$root_device root_uuid=$root_uuid root_fs=$root_fs
boot_device=$boot_device boot_uuid=$boot_uuid boot_fs=$boot_fs
partition_map=$table hint=hd0,$table$boot_partition abstraction=$abstraction subvolume=$grub_subvolume
FACTS
  mkdir -p "$root/boot/grub" "$root/dev/disk/by-uuid"
  : >"$root/dev/disk/by-uuid/$root_uuid"
  for tool in usr/sbin/grub-probe usr/bin/grub-mkrelpath; do
    mv "$root/$tool" "$root/$tool.debian"
    cp "$parts/grub-probe" "$root/$tool"
  done
  chroot "$root" grub-mkconfig -o /boot/grub/grub.cfg >"$work/grub-mkconfig.log" 2>&1 || {
    cat "$work/grub-mkconfig.log" >&2
    fail "grub-mkconfig failed"
  }
  for tool in usr/sbin/grub-probe usr/bin/grub-mkrelpath; do
    mv "$root/$tool.debian" "$root/$tool"
  done
  rm -rf "$root/etc/grub-probe.facts" "$root/dev/disk"
  grep -q "root=$root_source " "$root/boot/grub/grub.cfg" ||
    fail "grub.cfg does not say root=$root_source: $(grep 'linux.*vmlinuz' "$root/boot/grub/grub.cfg")"
  if [ "$firmware" = uefi ]; then
    make_esp
  else
    make_core_image
  fi
}

# What grub-install writes in front of a BIOS machine's first partition, by the guest's own GRUB.
make_core_image() {
  cp -r "$root/usr/lib/grub/i386-pc" "$root/boot/grub/i386-pc"
  grub_boot=/boot
  [ "$file_system" != lvm ] || grub_boot=
  [ -z "$grub_subvolume" ] || grub_boot=/$grub_subvolume/boot
  chroot "$root" grub-mkimage -O i386-pc -d /usr/lib/grub/i386-pc \
    -p "(hd0,msdos$boot_partition)$grub_boot/grub" -o /boot/grub/i386-pc/core.img \
    biosdisk part_msdos $boot_fs
  [ "$(stat -c %s "$root/boot/grub/i386-pc/core.img")" -le $(((1 << 20) - 512)) ] ||
    fail "GRUB's core image does not fit in front of the first partition"
}

# As grub-install leaves it: the loader in the distribution's folder, found by an entry in the firmware of the machine
# that is left behind; nothing in the folder that other firmware looks into.
make_esp() {
  grub_boot=/boot
  [ "$file_system" != lvm ] || grub_boot=
  [ -z "$grub_subvolume" ] || grub_boot=/$grub_subvolume/boot
  cp -r "$root/usr/lib/grub/x86_64-efi" "$root/boot/grub/x86_64-efi"
  mkdir -p "$root/boot/efi"
  cat >"$work/esp-grub.cfg" <<GRUB
search.fs_uuid $boot_uuid root
set prefix=(\$root)'$grub_boot/grub'
configfile \$prefix/grub.cfg
GRUB
  signed=$root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed
  shim=$root/usr/lib/shim
  esp=$work/esp
  truncate -s ${esp_mib}M "$esp"
  mkfs.fat -F 32 -i $esp_serial "$esp" >/dev/null
  mmd -i "$esp" ::/EFI ::/EFI/debian
  mcopy -i "$esp" "$signed" ::/EFI/debian/grubx64.efi
  mcopy -i "$esp" "$shim/shimx64.efi.signed" ::/EFI/debian/shimx64.efi
  mcopy -i "$esp" "$shim/fbx64.efi.signed" ::/EFI/debian/fbx64.efi
  mcopy -i "$esp" "$shim/mmx64.efi.signed" ::/EFI/debian/mmx64.efi
  mcopy -i "$esp" "$shim/BOOTX64.CSV" ::/EFI/debian/BOOTX64.CSV
  mcopy -i "$esp" "$work/esp-grub.cfg" ::/EFI/debian/grub.cfg
}

make_disk() {
  truncate -s ${disk_mib}M "$disk"
  write_partition_table
  if [ "$firmware" = bios ]; then
    dd if="$root/usr/lib/grub/i386-pc/boot.img" of="$disk" bs=440 count=1 conv=notrunc status=none
    dd if="$root/boot/grub/i386-pc/core.img" of="$disk" bs=512 seek=1 conv=notrunc status=none
  else
    dd if="$esp" of="$disk" bs=1M seek=$esp_start conv=notrunc,sparse status=none
  fi
  case $file_system in
    ext4) make_ext4 "$root" $root_uuid $root_start $root_mib ;;
    xfs)
      truncate -s ${root_mib}M "$work/fs"
      # Features that kernels before 5.19 do not know stay out.
      mkfs.xfs -q -m uuid=$root_uuid -i nrext64=0 "$work/fs"
      fill "$root_partition" "$work/fs" ''
      ;;
    btrfs)
      truncate -s ${root_mib}M "$work/fs"
      mkfs.btrfs -q -U $root_uuid "$work/fs"
      fill "$root_partition" "$work/fs" "$subvolume"
      ;;
    lvm) fill_lvm ;;
  esac
}

write_partition_table() {
  if [ "$firmware" = uefi ]; then
    linux=0FC63DAF-8483-4772-8E79-3D69D8477DE4
    echo 'label: gpt'
    echo "start=${esp_start}MiB, size=${esp_mib}MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
  else
    linux=83
    echo 'label: dos'
    echo 'label-id: 0x76666572'
  fi >"$work/table"
  {
    [ -z "$boot_start" ] || echo "start=${boot_start}MiB, size=${boot_mib}MiB, type=$linux"
    echo "start=${root_start}MiB, size=${root_mib}MiB, type=$linux$([ "$firmware" = uefi ] || echo ', bootable')"
  } >>"$work/table"
  sfdisk --quiet --no-reread "$disk" <"$work/table"
}

# $1: a directory, $2: UUID, $3: start in MiB, $4: size in MiB
make_ext4() {
  mkfs.ext4 -q -F -b 4096 -U "$2" -d "$1" -E offset=$(($3 << 20)),root_owner=0:0 "$disk" $(($4 << 8))
}

guestfs() {
  LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg \
    guestfish --format=raw -a "$disk" >"$work/guestfish.log" 2>&1 || {
    cat "$work/guestfish.log" >&2
    fail "guestfish failed"
  }
}

# Fills a file system that mkfs has made in a file. $1: its partition, $2: the file, $3: a subvolume to make, or none
fill() {
  dd if="$2" of="$disk" bs=1M seek="$root_start" conv=notrunc,sparse status=none
  rm "$2"
  tar -C "$root" --xattrs --numeric-owner -cf "$work/root.tar" .
  {
    echo run
    if [ -n "$3" ]; then
      echo "mount /dev/sda$1 /"
      echo "btrfs-subvolume-create /$3"
      echo umount-all
      echo "mount-options subvol=$3 /dev/sda$1 /"
    else
      echo "mount /dev/sda$1 /"
    fi
    echo "tar-in $work/root.tar / xattrs:true"
    echo umount-all
    echo shutdown
  } | guestfs
  rm "$work/root.tar"
}

fill_lvm() {
  mkdir "$work/boot"
  mv "$root/boot"/* "$work/boot/"
  make_ext4 "$work/boot" $boot_uuid "$boot_start" "$boot_mib"
  tar -C "$root" --xattrs --numeric-owner -cf "$work/root.tar" .
  guestfs <<FISH
run
pvcreate /dev/sda$root_partition
vgcreate vg0 /dev/sda$root_partition
lvcreate-free root vg0 100
mkfs ext4 /dev/vg0/root
set-uuid /dev/vg0/root $root_uuid
mount /dev/vg0/root /
tar-in $work/root.tar / xattrs:true
umount-all
shutdown
FISH
  rm "$work/root.tar"
}
