/**
 * A Linux guest's configuration as text: reading it without trusting it, and editing the few
 * syntaxes it comes in without touching the lines that stay.
 */
@NullMarked
package io.vmferry.guest.linux.files;

import org.jspecify.annotations.NullMarked;
