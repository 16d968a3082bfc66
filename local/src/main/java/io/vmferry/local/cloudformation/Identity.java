package io.vmferry.local.cloudformation;

import java.util.Map;

/**
 * What a template learns of a resource.
 *
 * @param ref what {@code Ref} answers
 * @param attributes what {@code Fn::GetAtt} answers
 */
record Identity(String ref, Map<String, String> attributes) {
  Identity {
    attributes = Map.copyOf(attributes);
  }
}
