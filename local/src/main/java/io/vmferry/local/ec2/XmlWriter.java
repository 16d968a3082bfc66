package io.vmferry.local.ec2;

import org.jspecify.annotations.Nullable;

/** Writes EC2's XML answers. */
final class XmlWriter {
  private static final String NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";
  private final StringBuilder xml =
      new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");

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

  String end(String action) {
    return xml.append("</").append(action).append("Response>").toString();
  }

  /** An element with text; none for null. */
  XmlWriter element(String name, @Nullable Object text) {
    if (text == null) {
      return this;
    }
    open(name);
    escape(text.toString());
    return close(name);
  }

  XmlWriter open(String name) {
    xml.append('<').append(name).append('>');
    return this;
  }

  XmlWriter close(String name) {
    xml.append("</").append(name).append('>');
    return this;
  }

  private void escape(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> xml.append("&lt;");
        case '>' -> xml.append("&gt;");
        case '&' -> xml.append("&amp;");
        case '"' -> xml.append("&quot;");
        case '\r' -> xml.append("&#13;");
        default -> {
          // XML 1.0 has no way to say the other control characters.
          if (c >= 0x20 || c == '\n' || c == '\t') {
            xml.append(c);
          }
        }
      }
    }
  }

  static String error(String code, String message, String requestId) {
    XmlWriter writer = new XmlWriter();
    writer.open("Response").open("Errors").open("Error");
    writer.element("Code", code).element("Message", message);
    writer.close("Error").close("Errors").element("RequestID", requestId).close("Response");
    return writer.xml.toString();
  }
}
