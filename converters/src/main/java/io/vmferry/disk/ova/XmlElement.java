package io.vmferry.disk.ova;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An XML element by its local name: OVF has had five namespaces and writers that use none, but
 * never one local name for two things in one place.
 */
final class XmlElement {
  private final String name;
  private final List<Attribute> attributes = new ArrayList<>();
  private final List<XmlElement> children = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();

  /** An element without anything in it. */
  XmlElement(String qualifiedName) {
    this.name = local(qualifiedName);
  }

  private record Attribute(String prefix, String name, String value) {
    /** Where several attributes have a local name, OVF's own is meant. */
    int rank() {
      return switch (prefix) {
        case "ovf" -> 0;
        case "" -> 1;
        default -> 2;
      };
    }
  }

  String name() {
    return name;
  }

  void addAttribute(String qualifiedName, String value) {
    int colon = qualifiedName.indexOf(':');
    String prefix = colon < 0 ? "" : qualifiedName.substring(0, colon);
    attributes.add(new Attribute(prefix, local(qualifiedName), value));
  }

  void addChild(XmlElement child) {
    children.add(child);
  }

  void addText(String more) {
    text.append(more);
  }

  /** The attribute of that local name. */
  Optional<String> attribute(String wanted) {
    return attributes.stream()
        .filter(attribute -> attribute.name().equals(wanted))
        .min(Comparator.comparingInt(Attribute::rank))
        .map(Attribute::value);
  }

  List<XmlElement> children() {
    return children;
  }

  /** The children of that local name. */
  Stream<XmlElement> children(String wanted) {
    return children.stream().filter(child -> child.name.equals(wanted));
  }

  /** The first child of that local name. */
  Optional<XmlElement> child(String wanted) {
    return children(wanted).findFirst();
  }

  /** The text of the first child of that local name; empty also if it is blank. */
  Optional<String> childText(String wanted) {
    return child(wanted).map(XmlElement::text).filter(value -> !value.isEmpty());
  }

  /** The text directly in this element, without blanks around it. */
  String text() {
    return text.toString().strip();
  }

  /** All the elements in this one. */
  Stream<XmlElement> descendants() {
    return children.stream().flatMap(child -> Stream.concat(Stream.of(child), child.descendants()));
  }

  private static String local(String qualifiedName) {
    return qualifiedName.substring(qualifiedName.indexOf(':') + 1);
  }
}
