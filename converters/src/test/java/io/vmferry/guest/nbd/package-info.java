@NullMarked
package io.vmferry.guest.nbd;

import org.jspecify.annotations.NullMarked;
