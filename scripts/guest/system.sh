# The guest as a directory. Part of scripts/make-guest.
# shellcheck shell=sh disable=SC2154 # its variables are make-guest's

# What no emulated machine and no EC2 instance needs stays out, with documents and translations: the disk is
# compressed, imported and booted without hardware acceleration. Later options win.
path_options() {
  for pattern in /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info; do
    echo "--dpkgopt=path-exclude=$pattern/*"
  done
  for modules in '/lib/modules/*/kernel' '/usr/lib/modules/*/kernel'; do
    for pattern in 'sound/*' 'net/[bmswr]*' 'fs/[bcgno]*/*' 'fs/smb/*' 'drivers/[cglms]*/*' 'drivers/i[in]*/*' \
      'drivers/net/*'; do
      echo "--dpkgopt=path-exclude=$modules/$pattern"
    done
    for pattern in 'fs/btrfs/*' 'fs/nls/*' 'drivers/char/*' 'drivers/crypto/*' 'drivers/input/*' 'drivers/md/dm*' \
      'drivers/net/ethernet/amazon/*' 'drivers/net/ethernet/intel/*' 'drivers/net/vmxnet3/*' 'drivers/net/*virtio*' \
      'drivers/net/*failover*' 'drivers/net/xen*' 'drivers/scsi/[!abfilmpq]*.ko*'; do
      echo "--dpkgopt=path-include=$modules/$pattern"
    done
  done
}

packages() {
  echo linux-image-amd64 systemd-sysv udev kmod login passwd iproute2 zstd dbus
  if [ "$initramfs" = dracut ]; then echo dracut; else echo initramfs-tools; fi
  if [ "$firmware" = uefi ]; then echo grub-efi-amd64 grub-efi-amd64-signed shim-signed; else echo grub-pc; fi
  case $file_system in
    xfs) echo xfsprogs ;;
    btrfs) echo btrfs-progs ;;
    lvm) echo lvm2 ;;
  esac
  # Debian's installer gives every machine a DHCP client, whether it is used or not.
  case $network in
    ifupdown) if [ "$release" = trixie ]; then echo ifupdown dhcpcd-base; else echo ifupdown isc-dhcp-client; fi ;;
    netplan) echo netplan.io ;;
    networkmanager) echo network-manager ;;
  esac
  ! has open-vm-tools || echo open-vm-tools
}

# The drivers of a virtual machine's usual disk controllers, and its root file system's.
old_drivers() {
  echo ahci ata_piix sd_mod vmw_pvscsi
  case $file_system in
    lvm) echo dm_mod ext4 ;;
    *) echo "$file_system" ;;
  esac
}

# An initramfs for the machine it was made on lacks NVMe. In a directory nothing says what that machine is, so it is
# told: the list of drivers is in force while the packages are configured, and gone afterwards.
prepare_initramfs() {
  case $initramfs in
    dep)
      cat <<'HOOK'
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
echo MODULES=list >"$1/etc/initramfs-tools/conf.d/driver-policy"
HOOK
      echo "echo '$(old_drivers)' | tr ' ' '\\n' >\"\$1/usr/share/initramfs-tools/modules.d/machine\""
      ;;
    dracut)
      echo 'mkdir -p "$1/etc/dracut.conf.d"'
      # shellcheck disable=SC2046 # one line
      echo "echo 'hostonly=\"no\" drivers=\" $(echo $(old_drivers)) \"' >\"\$1/etc/dracut.conf.d/machine.conf\""
      ;;
    *) echo true ;;
  esac
}

# The initramfs takes a copy of it, so that it has to be there before the packages are configured.
prepare_lvm() {
  ! has lvm-filter || cat <<'HOOK'
mkdir -p "$1/etc/lvm"
printf 'devices {\n\tfilter = [ "a|^/dev/sda|", "r|.*|" ]\n}\n' >"$1/etc/lvm/lvm.conf"
HOOK
}

make_system() {
  { prepare_initramfs && prepare_lvm; } >"$work/prepare"
  path_options >"$work/paths"
  include=$(packages | tr ' ' '\n' | paste -s -d , -)
  set -- --quiet --mode=root --variant=minbase "--include=$include" \
    --aptopt='Acquire::Retries "3"' --dpkgopt=force-unsafe-io --dpkgopt=force-confold \
    "--essential-hook=sh $work/prepare \"\$1\""
  while read -r option; do
    set -- "$@" "$option"
  done <"$work/paths"
  mmdebstrap "$@" "$release" "$root" "$mirror" >"$work/mmdebstrap.log" 2>&1 || {
    cat "$work/mmdebstrap.log" >&2
    fail "mmdebstrap failed"
  }
  kernel=$(cd "$root/boot" && ls vmlinuz-*)
  version=${kernel#vmlinuz-}
  [ -f "$root/boot/initrd.img-$version" ] || fail "the guest has no initramfs for its kernel $version"
  case $initramfs in
    dep)
      echo MODULES=dep >"$root/etc/initramfs-tools/conf.d/driver-policy"
      rm "$root/usr/share/initramfs-tools/modules.d/machine"
      ;;
    dracut) echo 'hostonly="yes"' >"$root/etc/dracut.conf.d/machine.conf" ;;
  esac
}

configure_system() {
  echo root:vmferry | chroot "$root" chpasswd
  echo "$name" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$root/etc/hosts"
  write_fstab
  configure_network
  add_extras
  install -m 755 "$parts/report" "$root/usr/local/sbin/vmferry-report"
  install -m 644 "$parts/vmferry-report.service" "$root/etc/systemd/system/vmferry-report.service"
  chroot "$root" systemctl --quiet enable vmferry-report.service
}

write_fstab() {
  {
    echo '# <file system> <mount point> <type> <options> <dump> <pass>'
    case $file_system in
      ext4 | lvm) echo "$root_source / ext4 errors=remount-ro 0 1" ;;
      xfs) echo "$root_source / xfs defaults 0 0" ;;
      btrfs) echo "$root_source / btrfs defaults,subvol=$subvolume 0 0" ;;
    esac
    [ "$boot_device" = "$root_device" ] || echo "$boot_source /boot ext4 defaults 0 2"
    [ "$firmware" != uefi ] || echo "$esp_source /boot/efi vfat umask=0077 0 1"
    ! has cifs || echo '//192.0.2.20/share /mnt/share cifs credentials=/root/.smbcredentials,_netdev 0 0'
    ! has stale-uuid || echo 'UUID=0f4c7a52-6d0c-4b0e-9c1d-3f5e8a7b6c01 /data ext4 defaults 0 2'
  } >"$root/etc/fstab"
  if has cifs; then mkdir -p "$root/mnt/share"; fi
  if has stale-uuid; then mkdir -p "$root/data"; fi
}

add_extras() {
  if has udev; then
    cat >"$root/etc/udev/rules.d/70-persistent-net.rules" <<RULES
# PCI device 0x15ad:0x07b0 (vmxnet3)
SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="$old_mac", ATTR{dev_id}=="0x0", ATTR{type}=="1", KERNEL=="eth*", NAME="$old_interface"
RULES
    mkdir -p "$root/etc/systemd/network"
    printf '[Match]\nMACAddress=%s\n\n[Link]\nName=%s\n' $old_mac $old_interface \
      >"$root/etc/systemd/network/10-$old_interface.link"
  fi
}

# 192.0.2.0/24 is for documentation: no network that a test machine is in has it.
configure_network() {
  case $network in
    ifupdown) configure_ifupdown ;;
    netplan) configure_netplan ;;
    networkmanager) configure_networkmanager ;;
    networkd) configure_networkd ;;
  esac
}

configure_ifupdown() {
  {
    printf 'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\n'
    case $address in
      dhcp)
        printf 'auto /e*=card\niface card inet dhcp\n'
        ;;
      static)
        printf 'auto %s\niface %s inet static\n' $old_interface $old_interface
        printf '    address 192.0.2.10/24\n    gateway 192.0.2.1\n    dns-nameservers 192.0.2.53\n'
        [ "$bound_to" != mac ] || printf '    hwaddress ether %s\n' $old_mac
        ;;
    esac
  } >"$root/etc/network/interfaces"
}

configure_netplan() {
  mkdir -p "$root/etc/netplan"
  {
    printf 'network:\n  version: 2\n  renderer: networkd\n  ethernets:\n'
    case $address in
      dhcp) printf '    all:\n      match:\n        name: "e*"\n      dhcp4: true\n' ;;
      static)
        printf '    %s:\n' $old_interface
        [ "$bound_to" != mac ] ||
          printf '      match:\n        macaddress: "%s"\n      set-name: %s\n' $old_mac $old_interface
        printf '      addresses:\n        - 192.0.2.10/24\n      routes:\n        - to: 0.0.0.0/0\n          via: 192.0.2.1\n'
        printf '      nameservers:\n        addresses: [192.0.2.53]\n'
        ;;
    esac
  } >"$root/etc/netplan/01-netcfg.yaml"
  chmod 600 "$root/etc/netplan/01-netcfg.yaml"
  chroot "$root" systemctl --quiet enable systemd-networkd.service
}

configure_networkmanager() {
  connections=$root/etc/NetworkManager/system-connections
  mkdir -p "$connections"
  {
    printf '[connection]\nid=%s\nuuid=7b0c2c8e-52b4-4d57-9d3a-0a5a1b6f3e21\ntype=ethernet\n' $old_interface
    [ "$address" != static ] || [ "$bound_to" != name ] || echo "interface-name=$old_interface"
    printf '\n[ethernet]\n'
    [ "$address" != static ] || [ "$bound_to" != mac ] || echo "mac-address=$old_mac"
    case $address in
      dhcp) printf '\n[ipv4]\nmethod=auto\n' ;;
      static) printf '\n[ipv4]\nmethod=manual\naddress1=192.0.2.10/24,192.0.2.1\ndns=192.0.2.53;\n' ;;
    esac
    printf '\n[ipv6]\nmethod=ignore\n'
  } >"$connections/$old_interface.nmconnection"
  chmod 600 "$connections/$old_interface.nmconnection"
  # As on servers: without it NetworkManager makes a DHCP connection for a card that nobody has described.
  printf '[main]\nno-auto-default=*\n' >"$root/etc/NetworkManager/conf.d/00-server.conf"
}

configure_networkd() {
  mkdir -p "$root/etc/systemd/network"
  {
    case $address-$bound_to in
      dhcp-*) printf '[Match]\nName=e*\n\n[Network]\nDHCP=yes\n' ;;
      static-name) printf '[Match]\nName=%s\n' $old_interface ;;
      static-mac) printf '[Match]\nMACAddress=%s\n' $old_mac ;;
    esac
    [ "$address" != static ] ||
      printf '\n[Network]\nAddress=192.0.2.10/24\nGateway=192.0.2.1\nDNS=192.0.2.53\n'
  } >"$root/etc/systemd/network/10-lan.network"
  chroot "$root" systemctl --quiet enable systemd-networkd.service
}
