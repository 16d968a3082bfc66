package io.vmferry.local.ebs;

/** The operations of the EBS direct APIs. */
enum EbsOperation {
  START_SNAPSHOT,
  PUT_SNAPSHOT_BLOCK,
  COMPLETE_SNAPSHOT,
  GET_SNAPSHOT_BLOCK,
  LIST_SNAPSHOT_BLOCKS,
  LIST_CHANGED_BLOCKS
}
