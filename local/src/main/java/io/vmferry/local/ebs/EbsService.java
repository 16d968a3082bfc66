package io.vmferry.local.ebs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.edge.AwsService;
import io.vmferry.local.edge.ServiceRequest;
import io.vmferry.local.edge.ServiceResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The EBS direct APIs as a service of the edge (REST-JSON, version 2019-11-02). */
public final class EbsService implements AwsService {
  private static final Logger LOG = LoggerFactory.getLogger(EbsService.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHECKSUM = "x-amz-Checksum";
  private static final String CHECKSUM_ALGORITHM = "x-amz-Checksum-Algorithm";

  /** The lengths of pages when short ones are asked for, as parts of the page asked for. */
  private static final double[] SHORT_PAGES = {0.5, 0, 1, 0.01, 0, 0.9};

  private final SnapshotStore store;
  private final Tokens tokens;
  private final EbsQuotas.Meter meter;
  private final EbsOptions options;
  private final BlockBuffers buffers = new BlockBuffers();
  private final AtomicLong pages = new AtomicLong();

  /**
   * The service.
   *
   * @param tokenKeyFile where the key of its tokens is, or will be
   */
  public EbsService(SnapshotStore store, Path tokenKeyFile, Clock clock, EbsOptions options)
      throws IOException {
    this.store = store;
    this.tokens = new Tokens(tokenKeyFile, clock);
    this.meter = new EbsQuotas.Meter(options.quotas(), clock);
    this.options = options;
  }

  @Override
  public String signingName() {
    return "ebs";
  }

  @Override
  public ServiceResponse handle(ServiceRequest request) throws IOException {
    try {
      EbsRequest call = EbsRequest.of(request);
      meter.countForAccount(call.operation());
      return switch (call.operation()) {
        case START_SNAPSHOT -> start(call);
        case PUT_SNAPSHOT_BLOCK -> put(call);
        case COMPLETE_SNAPSHOT -> complete(call);
        case GET_SNAPSHOT_BLOCK -> get(call);
        case LIST_SNAPSHOT_BLOCKS -> listBlocks(call);
        case LIST_CHANGED_BLOCKS -> listChanges(call);
      };
    } catch (EbsException e) {
      LOG.debug("{} {}: {} {}", request.method(), request.path(), e.code(), e.getMessage());
      return error(e);
    }
  }

  private static ServiceResponse error(EbsException e) throws IOException {
    ObjectNode body = JSON.createObjectNode().put("Message", e.getMessage());
    e.reason().ifPresent(reason -> body.put("Reason", reason));
    return new ServiceResponse(
        e.status(),
        Map.of("Content-Type", "application/json", "x-amzn-ErrorType", e.code()),
        ByteBuffer.wrap(JSON.writeValueAsBytes(body)));
  }

  private static ServiceResponse json(int status, ObjectNode body) throws IOException {
    return new ServiceResponse(
        status,
        Map.of("Content-Type", "application/json"),
        ByteBuffer.wrap(JSON.writeValueAsBytes(body)));
  }

  private ServiceResponse start(EbsRequest call) throws IOException {
    StartSnapshotCall start = StartSnapshotParser.parse(call.http().body());
    SnapshotRecord record = store.start(start, meter.quotas().pendingSnapshots());
    ObjectNode body =
        JSON.createObjectNode()
            .put("SnapshotId", record.id())
            .put("OwnerId", options.accountId())
            .put("Status", record.status())
            .put("StartTime", record.startMillis() / 1000.0)
            .put("VolumeSize", record.volumeSize())
            .put("BlockSize", BlockFiles.BLOCK_BYTES)
            .put("SseType", record.encrypted() ? "sse-kms" : "none");
    if (!record.description().isEmpty()) {
      body.put("Description", record.description());
    }
    if (record.parentId() != null) {
      body.put("ParentSnapshotId", record.parentId());
    }
    if (record.kmsKeyArn() != null) {
      body.put("KmsKeyArn", record.kmsKeyArn());
    }
    if (!record.tags().isEmpty()) {
      ArrayNode list = body.putArray("Tags");
      record.tags().forEach((key, value) -> list.addObject().put("Key", key).put("Value", value));
    }
    return json(201, body);
  }

  private ServiceResponse put(EbsRequest call) throws IOException {
    String id = call.snapshotId();
    int block = call.blockIndex();
    call.requireSha256(true);
    byte[] expected = call.checksum().orElseThrow(() -> EbsRequest.missing(CHECKSUM));
    int length =
        call.intHeader("x-amz-Data-Length")
            .orElseThrow(() -> EbsRequest.missing("x-amz-Data-Length"));
    if (length != BlockFiles.BLOCK_BYTES) {
      throw EbsException.invalidParameter(
          "x-amz-Data-Length is " + length + ", not " + BlockFiles.BLOCK_BYTES);
    }
    int progress = call.progress();
    if (call.http().header("Content-Encoding").isPresent()) {
      throw EbsException.validation(
          "INVALID_CONTENT_ENCODING", "A block cannot have a content encoding");
    }
    store.checkWritable(id, block);
    meter.countForSnapshot(EbsOperation.PUT_SNAPSHOT_BLOCK, id);
    byte[] bytes = buffers.take();
    try {
      readBlock(call, bytes);
      MessageDigest digest = Sha256.digest();
      digest.update(bytes);
      byte[] actual = digest.digest();
      if (!MessageDigest.isEqual(expected, actual)) {
        throw EbsException.validation(
            "INVALID_BLOCK", "The checksum given is not the one of the data received");
      }
      store.put(id, block, bytes, actual, progress);
      return new ServiceResponse(
          201,
          Map.of(
              CHECKSUM, Base64.getEncoder().encodeToString(actual), CHECKSUM_ALGORITHM, "SHA256"),
          ByteBuffer.allocate(0));
    } finally {
      buffers.giveBack(bytes);
    }
  }

  private static void readBlock(EbsRequest call, byte[] bytes) throws IOException {
    int read = call.http().body().readNBytes(bytes, 0, bytes.length);
    boolean more = read == bytes.length && call.http().body().read() >= 0;
    if (read != bytes.length || more) {
      throw EbsException.validation(
          "INVALID_BLOCK",
          "The body has "
              + (more ? "more than " + read : String.valueOf(read))
              + " bytes, not "
              + bytes.length);
    }
  }

  private ServiceResponse complete(EbsRequest call) throws IOException {
    long count =
        call.intHeader("x-amz-ChangedBlocksCount")
            .orElseThrow(() -> EbsRequest.missing("x-amz-ChangedBlocksCount"));
    if (count < 0) {
      throw EbsException.invalidParameter("x-amz-ChangedBlocksCount is negative");
    }
    Optional<byte[]> checksum = call.checksum();
    call.requireSha256(checksum.isPresent());
    call.requireLinear();
    SnapshotRecord record = store.complete(call.snapshotId(), count, checksum.orElse(null));
    return json(202, JSON.createObjectNode().put("Status", record.status()));
  }

  private ServiceResponse get(EbsRequest call) throws IOException {
    String id = call.snapshotId();
    int block = call.blockIndex();
    String token =
        call.http()
            .queryParameter("blockToken")
            .orElseThrow(() -> EbsRequest.missing("blockToken"));
    store.lineage(id);
    if (!tokens.allowsBlock(token, id, block)) {
      throw EbsException.validation(
          "INVALID_BLOCK_TOKEN", "The block token is not of this block, or has expired");
    }
    meter.countForSnapshot(EbsOperation.GET_SNAPSHOT_BLOCK, id);
    SnapshotStore.BlockContent content = store.read(id, block);
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/octet-stream");
    headers.put("x-amz-Data-Length", String.valueOf(BlockFiles.BLOCK_BYTES));
    headers.put(CHECKSUM, content.checksum());
    headers.put(CHECKSUM_ALGORITHM, "SHA256");
    return new ServiceResponse(200, headers, content.data());
  }

  private ServiceResponse listBlocks(EbsRequest call) throws IOException {
    String id = call.snapshotId();
    Lineage lineage = store.lineage(id);
    int from = firstBlock(call, id);
    int limit = pageLimit(call);
    Instant expiry = tokens.blockTokenExpiry();
    ObjectNode body = JSON.createObjectNode();
    ArrayNode blocks = body.putArray("Blocks");
    int block = lineage.next(from);
    while (block >= 0 && blocks.size() < limit) {
      blocks
          .addObject()
          .put("BlockIndex", block)
          .put("BlockToken", tokens.block(id, block, expiry));
      block = lineage.next(block + 1);
    }
    return page(body, lineage.snapshot().record(), expiry, id, block);
  }

  private ServiceResponse listChanges(EbsRequest call) throws IOException {
    String secondId = call.snapshotId();
    String firstId =
        call.querySnapshotId("firstSnapshotId")
            .orElseThrow(() -> EbsRequest.missing("firstSnapshotId"));
    Lineage first = store.lineage(firstId);
    Lineage second = store.lineage(secondId);
    if (!first.related(second)) {
      throw EbsException.validation(
          "UNRELATED_SNAPSHOTS",
          "'" + firstId + "' and '" + secondId + "' are not snapshots of one volume");
    }
    String listing = firstId + ".." + secondId;
    int from = firstBlock(call, listing);
    int limit = pageLimit(call);
    Instant expiry = tokens.blockTokenExpiry();
    ObjectNode body = JSON.createObjectNode();
    ArrayNode blocks = body.putArray("ChangedBlocks");
    int block = nextChange(first, second, from);
    while (block >= 0 && blocks.size() < limit) {
      ObjectNode entry = blocks.addObject().put("BlockIndex", block);
      if (first.owner(block) != null) {
        entry.put("FirstBlockToken", tokens.block(firstId, block, expiry));
      }
      if (second.owner(block) != null) {
        entry.put("SecondBlockToken", tokens.block(secondId, block, expiry));
      }
      block = nextChange(first, second, block + 1);
    }
    return page(body, second.snapshot().record(), expiry, listing, block);
  }

  private static int nextChange(Lineage first, Lineage second, int from) {
    int block = from - 1;
    do {
      int inFirst = first.next(block + 1);
      int inSecond = second.next(block + 1);
      block = inFirst < 0 ? inSecond : inSecond < 0 ? inFirst : Math.min(inFirst, inSecond);
      // One owner means one content; both are the very same objects of the store.
    } while (block >= 0 && sameOwner(first, second, block));
    return block;
  }

  private static boolean sameOwner(Lineage first, Lineage second, int block) {
    Snapshot one = first.owner(block);
    Snapshot other = second.owner(block);
    return one != null && other != null && one.record().id().equals(other.record().id());
  }

  private int firstBlock(EbsRequest call, String listing) {
    Optional<String> token = call.http().queryParameter("pageToken");
    if (token.isPresent()) {
      return tokens
          .nextBlock(token.get(), listing)
          .orElseThrow(
              () ->
                  EbsException.validation(
                      "INVALID_PAGE_TOKEN",
                      "The page token is not of this listing, or has expired"));
    }
    int start = call.intQuery("startingBlockIndex").orElse(0);
    if (start < 0) {
      throw EbsException.invalidParameter("startingBlockIndex is negative");
    }
    return start;
  }

  private int pageLimit(EbsRequest call) {
    int asked = call.intQuery("maxResults").orElse(10_000);
    if (asked < 100 || asked > 10_000) {
      throw EbsException.invalidParameter("maxResults is " + asked + ", not 100 to 10000");
    }
    if (!options.shortPages()) {
      return asked;
    }
    int turn = (int) (pages.getAndIncrement() % SHORT_PAGES.length);
    return (int) (asked * SHORT_PAGES[turn]);
  }

  private ServiceResponse page(
      ObjectNode body, SnapshotRecord record, Instant expiry, String listing, int next)
      throws IOException {
    body.put("ExpiryTime", expiry.toEpochMilli() / 1000.0)
        .put("VolumeSize", record.volumeSize())
        .put("BlockSize", BlockFiles.BLOCK_BYTES);
    if (next >= 0) {
      body.put("NextToken", tokens.page(listing, next));
    }
    return json(200, body);
  }
}
