package io.vmferry.local.deployment;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A table.
 *
 * @param logicalId what its template calls it
 * @param name its name
 * @param key its key
 * @param attributeTypes the types of the keys' attributes: {@code S}, {@code N} or {@code B}
 * @param indexes its global secondary indexes by their names
 * @param timeToLive the attribute that tells when items go
 * @param streamView what its stream shows of a change: {@code NEW_AND_OLD_IMAGES}
 */
public record TableSpec(
    String logicalId,
    String name,
    Key key,
    Map<String, String> attributeTypes,
    Map<String, Index> indexes,
    Optional<String> timeToLive,
    Optional<String> streamView) {

  /** Copies the collections. */
  public TableSpec {
    attributeTypes = Map.copyOf(attributeTypes);
    indexes = Map.copyOf(indexes);
  }

  /**
   * A key.
   *
   * @param partition the partition key's attribute
   * @param sort the sort key's
   */
  public record Key(String partition, Optional<String> sort) {}

  /**
   * An index.
   *
   * @param projection {@code ALL}, {@code KEYS_ONLY} or {@code INCLUDE}
   * @param included the attributes besides the keys that are included
   */
  public record Index(Key key, String projection, List<String> included) {
    /** Copies the list. */
    public Index {
      included = List.copyOf(included);
    }
  }
}
