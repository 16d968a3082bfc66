package io.vmferry.functions.api;

import java.util.Optional;

/** Writes EC2's XML answers. */
final class XmlWriter {
  private static final String NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";
  private static final String DECLARATION = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

  private final StringBuilder xml = new StringBuilder(DECLARATION);

  /** Starts the answer of an action. */
  static XmlWriter answer(String action, String requestId) {
    XmlWriter writer = new XmlWriter();
    writer
        .xml
        .append('<')
        .append(action)
        .append("Response xmlns=\"")
        .append(NAMESPACE)
        .append("\">");
    return writer.element("requestId", requestId);
  }

  /** Ends the answer of an action; returns it. */
  String end(String action) {
    return xml.append("</").append(action).append("Response>").toString();
  }

  /** An element with text. */
  XmlWriter element(String name, String text) {
    open(name);
    escape(text);
    return close(name);
  }

  /** An element with text, if there is any. */
  XmlWriter element(String name, Optional<?> text) {
    text.ifPresent(value -> element(name, value.toString()));
    return this;
  }

  XmlWriter open(String name) {
    xml.append('<').append(name).append('>');
    return this;
  }

  XmlWriter close(String name) {
    xml.append("</").append(name).append('>');
    return this;
  }

  /** Writes a value as text; what XML 1.0 has no way to say becomes U+FFFD. */
  private void escape(String text) {
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '<' -> xml.append("&lt;");
                case '>' -> xml.append("&gt;");
                case '&' -> xml.append("&amp;");
                case '"' -> xml.append("&quot;");
                case '\r' -> xml.append("&#13;");
                default -> xml.appendCodePoint(isCharacter(c) ? c : 0xFFFD);
              }
            });
  }

  /** XML 1.0, section 2.2: Char. */
  private static boolean isCharacter(int c) {
    return c == '\t'
        || c == '\n'
        || (c >= 0x20 && c <= 0xD7FF)
        || (c >= 0xE000 && c <= 0xFFFD)
        || c >= 0x10000;
  }

  /** A whole error answer. */
  static String error(String code, String message, String requestId) {
    XmlWriter writer = new XmlWriter();
    writer.open("Response").open("Errors").open("Error");
    writer.element("Code", code).element("Message", message);
    writer.close("Error").close("Errors").element("RequestID", requestId).close("Response");
    return writer.xml.toString();
  }
}
