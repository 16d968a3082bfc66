package io.vmferry.functions.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.services.ec2.Ec2Client;

/** What is said here of EC2's API, against the model that AWS makes its SDK of. */
class ApiModelTest {
  @ParameterizedTest
  @EnumSource
  void everyParameterOfTheModelIsKnownWithItsTypeAndNoOther(ApiAction action) {
    Map<String, ApiParameter.Type> model = new TreeMap<>();
    collect(model, "", ModelShapes.shape(action.actionName() + "Request").sdkFields());

    Map<String, ApiParameter.Type> ours = new TreeMap<>();
    action.parameters().forEach(p -> ours.put(p.name(), p.type()));

    assertThat(ours).isEqualTo(model);
  }

  private static void collect(
      Map<String, ApiParameter.Type> all, String prefix, List<SdkField<?>> fields) {
    for (SdkField<?> field : fields) {
      ListTrait list = field.getTrait(ListTrait.class);
      String name = prefix + field.locationName() + (list == null ? "" : ".N");
      SdkField<?> value = list == null ? field : list.memberFieldInfo();
      Supplier<SdkPojo> structure = value.constructor();
      if (structure == null) {
        all.put(name, type(value.marshallingType()));
      } else {
        collect(all, name + ".", structure.get().sdkFields());
      }
    }
  }

  private static ApiParameter.Type type(MarshallingType<?> type) {
    return switch (type.toString()) {
      case "String" -> ApiParameter.Type.STRING;
      case "Boolean" -> ApiParameter.Type.BOOLEAN;
      case "Integer" -> ApiParameter.Type.INTEGER;
      case "Double" -> ApiParameter.Type.DOUBLE;
      case "Instant" -> ApiParameter.Type.TIMESTAMP;
      default -> throw new AssertionError("no parameter has the type " + type);
    };
  }

  @Test
  void theAnswersHaveNoElementThatTheModelLacks() {
    Service service = new Service();
    String image =
        service.importImage(
            "Description", "d",
            "Architecture", "x86_64",
            "BootMode", "uefi",
            "Encrypted", "true",
            "KmsKeyId", "0ea3fef3-80a7-4778-9d8c-1c0c6EXAMPLE",
            "Hypervisor", "xen",
            "Platform", "Linux",
            "UsageOperation", "RunInstances",
            "DiskContainer.1.Description", "first",
            "DiskContainer.1.DeviceName", "/dev/sda1",
            "DiskContainer.2.UserBucket.S3Bucket", "images",
            "DiskContainer.2.UserBucket.S3Key", "disk.vmdk",
            "TagSpecification.1.ResourceType", "import-image-task",
            "TagSpecification.1.Tag.1.Key", "k",
            "TagSpecification.1.Tag.1.Value", "v");
    Answer described = service.call("DescribeImportImageTasks", "ImportTaskId.1", image).isOk();
    ModelShapes.assertModelled("DescribeImportImageTasksResponse", described);

    Answer started =
        service
            .call(
                "ImportSnapshot",
                "Description",
                "d",
                "Encrypted",
                "true",
                "DiskContainer.UserBucket.S3Bucket",
                "images",
                "DiskContainer.UserBucket.S3Key",
                "disk.vmdk",
                "DiskContainer.Description",
                "inner",
                "TagSpecification.1.ResourceType",
                "import-snapshot-task",
                "TagSpecification.1.Tag.1.Key",
                "k")
            .isOk();
    ModelShapes.assertModelled("ImportSnapshotResponse", started);
    ModelShapes.assertModelled(
        "DescribeImportSnapshotTasksResponse",
        service.call("DescribeImportSnapshotTasks", "MaxResults", "1").isOk());
    ModelShapes.assertModelled(
        "CancelImportTaskResponse", service.call("CancelImportTask", "ImportTaskId", image).isOk());
    ModelShapes.assertModelled(
        "DescribeExportImageTasksResponse", service.call("DescribeExportImageTasks").isOk());
    ModelShapes.assertModelled(
        "DescribeExportTasksResponse", service.call("DescribeExportTasks").isOk());
  }

  @Test
  void everyActionOfTheModelIsInTheListOfNames() throws IOException {
    List<String> actions =
        Arrays.stream(Ec2Client.class.getMethods())
            .map(ApiModelTest::action)
            .flatMap(Optional::stream)
            .distinct()
            .sorted()
            .toList();
    Path list = Path.of("src/main/resources/io/vmferry/functions/api/ec2-actions.txt");
    if (System.getProperty("golden.update") != null) {
      Files.createDirectories(list.toAbsolutePath().getParent());
      Files.write(list, actions);
    }

    assertThat(Files.readAllLines(list))
        .as("run ./mvnw -pl functions -am test -Dtest=ApiModelTest -Dgolden.update")
        .isEqualTo(actions);
    assertThat(actions).hasSizeGreaterThan(600).contains("RunInstances", "ImportImage");
  }

  /** The name of the action that a method of the client calls with a whole request. */
  private static Optional<String> action(Method method) {
    if (method.getParameterCount() != 1) {
      return Optional.empty();
    }
    String request = method.getParameterTypes()[0].getSimpleName();
    String name = method.getName();
    String action = Character.toUpperCase(name.charAt(0)) + name.substring(1);
    return request.equals(action + "Request") ? Optional.of(action) : Optional.empty();
  }
}
