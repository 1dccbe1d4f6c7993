package assets

import "embed"

// Logo is Portico's own mark, 256×256 pixels, PNG.
//
//go:embed icons/portico.png
var Logo []byte

// LogoSVG is Portico's own mark as SVG.
//
//go:embed icons/portico.svg
var LogoSVG []byte

// TrayIcons holds the tray's pictures, icons/tray-STATE.png (32×32, legible on
// light and dark panels) and icons/tray-STATE.ico (16, 24 and 32, for Windows),
// with STATE one of signed-in, signed-out, working, attention and offline.
// They are rendered from the SVG files beside them.
//
//go:embed icons/tray-*.png icons/tray-*.ico
var TrayIcons embed.FS

// Glyphs holds the window's icons, icons/glyphs/NAME.svg: one family, 24×24,
// drawn in strokes of 1.75 that take the colour of the text around them.
//
//go:embed icons/glyphs/*.svg
var Glyphs embed.FS
