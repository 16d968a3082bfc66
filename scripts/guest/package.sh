# The guest's disk in other formats. Part of scripts/make-guest.
# shellcheck shell=sh disable=SC2154 # its variables are make-guest's

package_disk() {
  for format in $(echo "$formats" | tr ',' ' '); do
    case $format in
      raw) ;;
      vmdk) qemu-img convert -f raw -O vmdk -o subformat=monolithicSparse "$disk" "$work/$name.vmdk" ;;
      # force_size: without it the size is rounded to the cylinders of another age.
      vhd) qemu-img convert -f raw -O vpc -o subformat=dynamic,force_size=on "$disk" "$work/$name.vhd" ;;
      vhdx) qemu-img convert -f raw -O vhdx -o subformat=dynamic "$disk" "$work/$name.vhdx" ;;
      ova) pack_ova ;;
    esac
  done
}

# As VMware's tools pack one: descriptor, manifest, disk.
pack_ova() {
  mkdir "$work/ova"
  qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$disk" "$work/ova/$name-disk1.vmdk"
  write_ovf >"$work/ova/$name.ovf"
  (
    cd "$work/ova"
    for file in "$name.ovf" "$name-disk1.vmdk"; do
      sum=$(sha256sum "$file")
      echo "SHA256($file)= ${sum%% *}"
    done >"$name.mf"
    tar --format=ustar -cf "../$name.ova" "$name.ovf" "$name.mf" "$name-disk1.vmdk"
  )
}

write_ovf() {
  if [ "$firmware" = uefi ]; then
    firmware_line='<vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>'
  else
    firmware_line=''
  fi
  cat <<OVF
<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:vmw="http://www.vmware.com/schema/ovf"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
  xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:href="$name-disk1.vmdk" ovf:id="file1"
      ovf:size="$(stat -c %s "$work/ova/$name-disk1.vmdk")"/>
  </References>
  <DiskSection>
    <Info>Virtual disk information</Info>
    <Disk ovf:capacity="$disk_mib" ovf:capacityAllocationUnits="byte * 2^20" ovf:diskId="vmdisk1"
      ovf:fileRef="file1"
      ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <VirtualSystem ovf:id="$name">
    <Info>A virtual machine</Info>
    <Name>$name</Name>
    <OperatingSystemSection ovf:id="96">
      <Info>The kind of installed guest operating system</Info>
      <Description>Debian GNU/Linux (64-bit)</Description>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>Virtual hardware requirements</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>$name</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType>
      </System>
      <Item>
        <rasd:ElementName>1 virtual CPU</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>1</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits>
        <rasd:ElementName>1024 MB of memory</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID>
        <rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>1024</rasd:VirtualQuantity>
      </Item>
      <Item>
        <rasd:Address>0</rasd:Address>
        <rasd:ElementName>SATA controller 0</rasd:ElementName>
        <rasd:InstanceID>3</rasd:InstanceID>
        <rasd:ResourceSubType>AHCI</rasd:ResourceSubType>
        <rasd:ResourceType>20</rasd:ResourceType>
      </Item>
      <Item>
        <rasd:AddressOnParent>0</rasd:AddressOnParent>
        <rasd:ElementName>Disk 1</rasd:ElementName>
        <rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource>
        <rasd:InstanceID>4</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent>
        <rasd:ResourceType>17</rasd:ResourceType>
      </Item>
      $firmware_line
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
OVF
}
