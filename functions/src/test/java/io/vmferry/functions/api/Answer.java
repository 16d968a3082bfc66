package io.vmferry.functions.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** An answer read by an XML parser of somebody else's. */
record Answer(int status, Element root) {

  static Answer of(ApiResponse response) {
    try {
      Element root =
          DocumentBuilderFactory.newDefaultInstance()
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(response.xml())))
              .getDocumentElement();
      return new Answer(response.status(), root);
    } catch (SAXException | IOException | ParserConfigurationException e) {
      throw new AssertionError("no well-formed XML: " + response.xml(), e);
    }
  }

  /** The text of the first element of a name anywhere below; empty if there is none. */
  String text(String name) {
    return root.getElementsByTagName(name).getLength() == 0
        ? ""
        : root.getElementsByTagName(name).item(0).getTextContent();
  }

  /** The texts of all elements of a name. */
  List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < root.getElementsByTagName(name).getLength(); i++) {
      texts.add(root.getElementsByTagName(name).item(i).getTextContent());
    }
    return texts;
  }

  /** The elements directly below. */
  static List<Element> children(Element parent) {
    List<Element> children = new ArrayList<>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element) {
        children.add(element);
      }
    }
    return children;
  }

  /** Asserts that this is an error in EC2's form. */
  Answer isError(int expectedStatus, String code) {
    assertThat(text("Code")).as(text("Message")).isEqualTo(code);
    assertThat(status).as(text("Message")).isEqualTo(expectedStatus);
    assertThat(root.getTagName()).isEqualTo("Response");
    assertThat(text("Message")).isNotBlank();
    assertThat(text("RequestID")).isEqualTo(Service.REQUEST_ID);
    return this;
  }

  Answer isError(String code) {
    return isError(400, code);
  }

  Answer saying(String part) {
    assertThat(text("Message")).contains(part);
    return this;
  }

  Answer isOk() {
    assertThat(status).as(text("Message")).isEqualTo(200);
    return this;
  }
}
