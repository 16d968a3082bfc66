/** JSON as the handlers and stores read and write it. */
@NullMarked
package io.vmferry.functions.json;

import org.jspecify.annotations.NullMarked;
