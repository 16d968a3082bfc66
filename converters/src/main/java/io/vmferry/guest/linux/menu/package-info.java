/**
 * The languages of boot loaders' menus, as text: inspection reads with them what boots, and the
 * modifications what they edit. Nothing here looks into a guest.
 *
 * <p>Read first: {@link io.vmferry.guest.linux.menu.GrubLine}.
 */
@NullMarked
package io.vmferry.guest.linux.menu;

import org.jspecify.annotations.NullMarked;
