package io.vmferry.functions.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.function.Supplier;
import org.w3c.dom.Element;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.traits.ListTrait;

/** Compares answers with the shapes of the model that AWS makes its SDK of. */
public final class ModelShapes {
  private static final String MODEL = "software.amazon.awssdk.services.ec2.model.";

  private ModelShapes() {}

  /** Asserts that an answer is of a shape, element by element. */
  public static void assertModelled(String shape, String xml) {
    assertModelled(shape, Answer.of(new ApiResponse(200, xml)));
  }

  static SdkPojo shape(String name) {
    try {
      return (SdkPojo) Class.forName(MODEL + name).getMethod("builder").invoke(null);
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new LinkageError("there is no " + name, e);
    }
  }

  /** Asserts that every element is a member of its shape; of a structure at most once. */
  static void assertModelled(String shape, Answer answer) {
    assertThat(answer.root().getTagName()).isEqualTo(shape);
    assertThat(answer.root().getNamespaceURI()).isNull();
    assertThat(answer.root().getAttribute("xmlns"))
        .isEqualTo("http://ec2.amazonaws.com/doc/2016-11-15/");
    List<Element> members = Answer.children(answer.root());
    assertThat(members.getFirst().getTagName()).isEqualTo("requestId");
    assertMembers(shape, members.subList(1, members.size()), shape(shape).sdkFields());
  }

  private static void assertMembers(String at, List<Element> members, List<SdkField<?>> fields) {
    assertThat(members).extracting(Element::getTagName).as(at).doesNotHaveDuplicates();
    for (Element member : members) {
      String path = at + "/" + member.getTagName();
      SdkField<?> field =
          fields.stream()
              .filter(f -> f.unmarshallLocationName().equals(member.getTagName()))
              .findFirst()
              .orElseThrow(() -> new AssertionError("the model has no " + path));
      ListTrait list = field.getTrait(ListTrait.class);
      if (list == null) {
        assertValue(path, member, field);
        continue;
      }
      for (Element item : Answer.children(member)) {
        assertThat(item.getTagName()).as(path).isEqualTo("item");
        assertValue(path, item, list.memberFieldInfo());
      }
    }
  }

  private static void assertValue(String path, Element value, SdkField<?> field) {
    Supplier<SdkPojo> structure = field.constructor();
    if (structure == null) {
      assertThat(Answer.children(value)).as(path).isEmpty();
    } else {
      assertMembers(path, Answer.children(value), structure.get().sdkFields());
    }
  }
}
