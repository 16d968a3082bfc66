package io.vmferry.functions.aws;

import io.vmferry.functions.port.Leftovers;
import io.vmferry.functions.port.SnapshotStore;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.ImageState;
import software.amazon.awssdk.services.ec2.model.SnapshotState;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/** What carries our tag in EC2, and what lies below our prefixes in S3. */
public final class AwsLeftovers implements Leftovers {
  private static final Filter TAGGED =
      Filter.builder().name("tag-key").values(SnapshotStore.TASK_TAG).build();
  private static final String SELF = "self";

  private final Supplier<Ec2Client> ec2;
  private final Supplier<S3Client> s3;

  /** Leftovers as those clients see them. */
  public AwsLeftovers(Supplier<Ec2Client> ec2, Supplier<S3Client> s3) {
    this.ec2 = ec2;
    this.s3 = s3;
  }

  @Override
  public List<Tagged> snapshots() {
    return AwsFailures.call(
        "ec2:DescribeSnapshots",
        "the snapshots of all tasks",
        () ->
            ec2
                .get()
                .describeSnapshotsPaginator(r -> r.ownerIds(SELF).filters(TAGGED))
                .snapshots()
                .stream()
                .map(
                    snapshot ->
                        new Tagged(
                            snapshot.snapshotId(),
                            taskId(snapshot.tags()),
                            snapshot.startTime(),
                            snapshot.state() == SnapshotState.PENDING))
                .toList());
  }

  @Override
  public List<Tagged> images() {
    return AwsFailures.call(
        "ec2:DescribeImages",
        "the images of all tasks",
        () ->
            ec2.get().describeImagesPaginator(r -> r.owners(SELF).filters(TAGGED)).images().stream()
                .map(
                    image ->
                        new Tagged(
                            image.imageId(),
                            taskId(image.tags()),
                            created(image.creationDate()),
                            image.state() == ImageState.PENDING))
                .toList());
  }

  /** An image's date is a text; one that cannot be read makes the image too young to remove. */
  private static Instant created(String date) {
    try {
      return Instant.parse(date);
    } catch (DateTimeException e) {
      return Instant.MAX;
    }
  }

  private static String taskId(List<Tag> tags) {
    return tags.stream()
        .filter(tag -> tag.key().equals(SnapshotStore.TASK_TAG))
        .map(Tag::value)
        .findFirst()
        .orElse("");
  }

  @Override
  public List<Folder> folders(String bucket, String prefix) {
    return AwsFailures.call(
        "s3:ListBucket",
        "s3://" + bucket + "/" + prefix,
        () -> {
          Map<String, Folder> folders = new LinkedHashMap<>();
          for (S3Object object :
              s3.get().listObjectsV2Paginator(r -> r.bucket(bucket).prefix(prefix)).contents()) {
            int end = object.key().indexOf('/', prefix.length());
            if (end > prefix.length()) {
              String folder = object.key().substring(0, end + 1);
              folders.merge(
                  folder, new Folder(folder, object.lastModified(), 1), AwsLeftovers::both);
            }
          }
          return new ArrayList<>(folders.values());
        });
  }

  private static Folder both(Folder one, Folder other) {
    return new Folder(
        one.prefix(),
        one.newest().isAfter(other.newest()) ? one.newest() : other.newest(),
        one.objects() + other.objects());
  }

  @Override
  public List<Upload> uploads(String bucket, String prefix) {
    return AwsFailures.call(
        "s3:ListBucketMultipartUploads",
        "s3://" + bucket + "/" + prefix,
        () ->
            s3
                .get()
                .listMultipartUploadsPaginator(r -> r.bucket(bucket).prefix(prefix))
                .uploads()
                .stream()
                .map(
                    upload ->
                        new Upload(
                            upload.key(),
                            upload.uploadId(),
                            Optional.ofNullable(upload.initiated())))
                .toList());
  }
}
