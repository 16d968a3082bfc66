@NullMarked
package io.vmferry.guest.inspect;

import org.jspecify.annotations.NullMarked;
