package io.vmferry.disk.ova;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.StringReader;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Reads XML that a stranger wrote into {@link XmlElement}s: bounded in depth and number, without
 * document types, entities or anything that leads out of the file.
 */
final class XmlReader {
  /** The deepest nesting of elements. */
  static final int MAX_DEPTH = 64;

  /** The most elements in one file. */
  static final int MAX_ELEMENTS = 50_000;

  private static final int MAX_ATTRIBUTES = 1000;

  private static final Pattern DECLARED_ENCODING =
      Pattern.compile("^<\\?xml[^>]{0,200}?encoding\\s*=\\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']");

  private final String name;

  private XmlReader(String name) {
    this.name = name;
  }

  /**
   * The root element.
   *
   * @param name the file's name, for messages
   * @throws VmferryException {@link ErrorCode#OVF_XML_UNSAFE} if there is a document type or an
   *     entity; {@link ErrorCode#OVF_INVALID} if the bytes are no XML, or more than the limits
   */
  static XmlElement read(String name, byte[] bytes) {
    return new XmlReader(name).read(text(name, bytes));
  }

  /**
   * The file's text. What the bytes look like goes before what the XML declaration says: XenServer
   * declares UTF-16 and writes UTF-8.
   */
  static String text(String name, byte[] bytes) {
    Charset charset = charset(bytes);
    String text =
        Texts.strictly(bytes, charset)
            .orElseThrow(
                () -> invalid(name, "its bytes are no valid " + charset.displayName(Locale.ROOT)));
    int start = 0;
    while (start < text.length() && (text.charAt(start) == '\ufeff' || text.charAt(start) <= ' ')) {
      start++;
    }
    int end = text.length();
    while (end > start && text.charAt(end - 1) <= ' ') {
      end--;
    }
    return text.substring(start, end);
  }

  private static Charset charset(byte[] bytes) {
    int first = bytes.length < 2 ? 0 : ((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff);
    return switch (first) {
      case 0xfeff, 0x003c -> StandardCharsets.UTF_16BE;
      case 0xfffe, 0x3c00 -> StandardCharsets.UTF_16LE;
      default -> singleByteCharset(bytes);
    };
  }

  private static Charset singleByteCharset(byte[] bytes) {
    String head = new String(bytes, 0, Math.min(bytes.length, 256), StandardCharsets.ISO_8859_1);
    Matcher matcher = DECLARED_ENCODING.matcher(head.strip());
    return matcher.find()
        ? declared(Objects.requireNonNull(matcher.group(1)))
        : StandardCharsets.UTF_8;
  }

  /** The declared encoding, if text that starts with an ASCII declaration can be in it at all. */
  private static Charset declared(String declared) {
    try {
      Charset charset = Charset.forName(declared);
      boolean ascii =
          new String("<?xml".getBytes(StandardCharsets.US_ASCII), charset).equals("<?xml");
      return ascii ? charset : StandardCharsets.UTF_8;
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      return StandardCharsets.UTF_8;
    }
  }

  private XmlElement read(String text) {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
    factory.setProperty("jdk.xml.elementAttributeLimit", MAX_ATTRIBUTES);
    // Prefixes that nobody declared are common, and local names are all that is looked at.
    factory.setProperty(XMLInputFactory.IS_NAMESPACE_AWARE, false);
    try {
      XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(text));
      try {
        return read(reader);
      } finally {
        reader.close();
      }
    } catch (XMLStreamException e) {
      throw new VmferryException(
          ErrorCode.OVF_INVALID, "%s is no well-formed XML: %s".formatted(name, reason(e)), e);
    }
  }

  /** The message on one line, without the words the JDK starts every message with. */
  private static String reason(XMLStreamException e) {
    String message = Objects.requireNonNullElse(e.getMessage(), "no reason given");
    String line = message.replaceFirst("(?s)^.*?Message: ", "").strip().replaceFirst("\\.$", "");
    return e.getLocation() == null
        ? Messages.shorten(line)
        : "line %d, column %d: %s"
            .formatted(
                e.getLocation().getLineNumber(),
                e.getLocation().getColumnNumber(),
                Messages.shorten(line));
  }

  private XmlElement read(XMLStreamReader reader) throws XMLStreamException {
    Deque<XmlElement> open = new ArrayDeque<>();
    Optional<XmlElement> root = Optional.empty();
    int count = 0;
    while (reader.hasNext()) {
      switch (next(reader)) {
        case XMLStreamConstants.START_ELEMENT -> {
          count++;
          if (count > MAX_ELEMENTS || open.size() >= MAX_DEPTH) {
            throw invalid(
                name,
                "it has more than %d elements, or more than %d inside each other"
                    .formatted(MAX_ELEMENTS, MAX_DEPTH));
          }
          XmlElement element = element(reader);
          Optional.ofNullable(open.peek()).ifPresent(parent -> parent.addChild(element));
          root = root.or(() -> Optional.of(element));
          open.push(element);
        }
        case XMLStreamConstants.END_ELEMENT -> open.pop();
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA ->
            Optional.ofNullable(open.peek()).ifPresent(in -> in.addText(reader.getText()));
        case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
            throw new VmferryException(
                ErrorCode.OVF_XML_UNSAFE,
                "%s has a document type or an entity at line %d"
                    .formatted(name, reader.getLocation().getLineNumber()));
        default -> {
          // Comments, processing instructions and blanks say nothing.
        }
      }
    }
    return root.orElseThrow(() -> invalid(name, "it has no element"));
  }

  /** The JDK's reader throws unchecked exceptions on some input that is no XML. */
  private static int next(XMLStreamReader reader) throws XMLStreamException {
    try {
      return reader.next();
    } catch (RuntimeException e) {
      throw new XMLStreamException("the XML reader failed: " + e, e);
    }
  }

  private static XmlElement element(XMLStreamReader reader) {
    XmlElement element = new XmlElement(reader.getLocalName());
    for (int i = 0; i < reader.getAttributeCount(); i++) {
      element.addAttribute(
          reader.getAttributeLocalName(i),
          Objects.requireNonNullElse(reader.getAttributeValue(i), ""));
    }
    return element;
  }

  private static VmferryException invalid(String name, String what) {
    return new VmferryException(ErrorCode.OVF_INVALID, "%s: %s".formatted(name, what));
  }
}
