package io.vmferry.disk.vmdk;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Nested;

/** The contract on what qemu-img cannot write. */
class VmdkStreamTest {
  private static final byte[] DISK = Disks.mixed((5 << 20) + 7 * 512);

  abstract static class BuiltContract extends DiskImageContract {
    private final byte[] disk;
    private final byte[] file;

    BuiltContract(VmdkBuilder builder, Consumer<VmdkBuilder> oddities) {
      oddities.accept(builder);
      this.disk = builder.disk;
      this.file = builder.build();
    }

    @Override
    protected DiskImage openImage() throws IOException {
      return new VmdkFormat()
          .open(new ByteArraySource("disk.vmdk", file), ReferenceResolver.REFUSE);
    }

    @Override
    protected ByteSource openExpected() {
      return new ByteArraySource("expected", disk);
    }
  }

  @Nested
  class AsVmwareWritesIt extends BuiltContract {
    AsVmwareWritesIt() {
      super(new VmdkBuilder(DISK), b -> b.entriesPerTable = 32);
    }
  }

  @Nested
  class WithAFullLastGrain extends BuiltContract {
    WithAFullLastGrain() {
      super(new VmdkBuilder(DISK), b -> b.fullLastGrain = true);
    }
  }

  @Nested
  class WithUnknownMarkersAndZerosAtTheEnd extends BuiltContract {
    WithUnknownMarkersAndZerosAtTheEnd() {
      super(
          new VmdkBuilder(DISK),
          b -> {
            b.unknownMarkers = true;
            b.trailingZeros = 512;
          });
    }
  }

  @Nested
  class WithSmallGrainsAndTables extends BuiltContract {
    WithSmallGrainsAndTables() {
      super(
          new VmdkBuilder(DISK),
          b -> {
            b.grainSectors = 8;
            b.entriesPerTable = 7;
          });
    }
  }

  @Nested
  class WithLargeGrainsOfBytesThatDoNotCompress extends BuiltContract {
    WithLargeGrainsOfBytesThatDoNotCompress() {
      super(
          new VmdkBuilder(DISK),
          b -> {
            b.grainSectors = 2048;
            b.level = Deflater.NO_COMPRESSION;
          });
    }
  }

  @Nested
  class WithItsFooterFarFromTheEnd extends BuiltContract {
    WithItsFooterFarFromTheEnd() {
      super(new VmdkBuilder(DISK), b -> b.trailingZeros = 1 << 20);
    }
  }

  @Nested
  class WithoutFooterButWithDirectory extends BuiltContract {
    WithoutFooterButWithDirectory() {
      super(
          new VmdkBuilder(DISK),
          b -> {
            b.footer = false;
            b.endOfStream = false;
          });
    }
  }

  @Nested
  class WithGrainsAndEndOfStreamOnly extends BuiltContract {
    WithGrainsAndEndOfStreamOnly() {
      super(
          new VmdkBuilder(DISK),
          b -> {
            b.entriesPerTable = 16;
            b.footer = false;
            b.directory = false;
          });
    }
  }

  @Nested
  class WithCompressedGrainsButNoMarkers extends BuiltContract {
    WithCompressedGrainsButNoMarkers() {
      super(
          VmdkBuilder.plain(DISK),
          b -> {
            b.flags = 0x10003;
            b.compression = 1;
          });
    }
  }

  @Nested
  class PlainWithRedundantTables extends BuiltContract {
    PlainWithRedundantTables() {
      super(VmdkBuilder.plain(DISK), b -> b.entriesPerTable = 16);
    }
  }
}
