@NullMarked
package io.vmferry.guest.linux.config;

import org.jspecify.annotations.NullMarked;
