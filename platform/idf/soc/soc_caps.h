/* What the chip has. There is no chip here: every SOC_..._SUPPORTED is undefined, which is how the
 * original says "not there" too. */
#ifndef SOC_CAPS_H
#define SOC_CAPS_H

#endif
