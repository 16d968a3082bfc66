package io.vmferry.local.ec2;

import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.traits.ListTrait;

/**
 * What EC2 itself knows, read from the SDK's request classes: it tells an action or parameter that
 * is not supported here from one that does not exist at all.
 */
final class Ec2Model {
  private static final String MODEL_PACKAGE = "software.amazon.awssdk.services.ec2.model.";

  private Ec2Model() {}

  /** Whether EC2 has the action. */
  static boolean hasAction(String action) {
    return request(action).isPresent();
  }

  /**
   * Whether EC2's action has the parameter.
   *
   * @param path the parameter's path with its list indexes, such as {@code Filter.1.Value.2}
   */
  static boolean hasParameter(String action, String path) {
    if (path.equals("DryRun")) {
      return true;
    }
    Optional<SdkPojo> request = request(action);
    return request.isPresent() && hasField(request.get().sdkFields(), path.split("\\."), 0);
  }

  private static boolean hasField(List<SdkField<?>> fields, String[] path, int at) {
    for (SdkField<?> field : fields) {
      if (field.locationName().equals(path[at])) {
        return leadsTo(field, path, at + 1);
      }
    }
    return false;
  }

  private static boolean leadsTo(SdkField<?> field, String[] path, int at) {
    ListTrait list = field.getTrait(ListTrait.class);
    SdkField<?> target = field;
    int next = at;
    if (list != null) {
      if (next >= path.length || !path[next].matches("[1-9][0-9]{0,5}")) {
        return false;
      }
      target = list.memberFieldInfo();
      next++;
    }
    Supplier<SdkPojo> constructor = target.constructor();
    if (constructor == null) {
      return next == path.length;
    }
    return next < path.length && hasField(constructor.get().sdkFields(), path, next);
  }

  private static Optional<SdkPojo> request(String action) {
    if (!action.matches("[A-Z][A-Za-z0-9]{1,100}")) {
      return Optional.empty();
    }
    try {
      Class<?> type = Class.forName(MODEL_PACKAGE + action + "Request");
      return Optional.of((SdkPojo) type.getMethod("builder").invoke(null));
    } catch (ClassNotFoundException | NoSuchMethodException e) {
      return Optional.empty();
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("the SDK's model of " + action + " cannot be read", e);
    }
  }
}
