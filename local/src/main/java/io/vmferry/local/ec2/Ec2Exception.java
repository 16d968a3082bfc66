package io.vmferry.local.ec2;

/** An error answer of EC2. */
final class Ec2Exception extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;

  Ec2Exception(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  Ec2Exception(String code, String message) {
    this(400, code, message);
  }

  static Ec2Exception missing(String parameter) {
    return new Ec2Exception(
        "MissingParameter", "The request must contain the parameter " + parameter);
  }

  static Ec2Exception invalidValue(String parameter, String value, String expected) {
    return new Ec2Exception(
        "InvalidParameterValue",
        "Value (" + value + ") for parameter " + parameter + " is invalid. Expected: " + expected);
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }
}
