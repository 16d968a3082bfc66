@NullMarked
package io.vmferry.guest.linux.files;

import org.jspecify.annotations.NullMarked;
