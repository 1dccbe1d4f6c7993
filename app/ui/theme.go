package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// role is what a colour is for. Fyne's own names are used where Fyne's own
// widgets (entries, scroll bars, pop-ups) ask for the same thing.
type role = fyne.ThemeColorName

const (
	roleBackground    = theme.ColorNameBackground
	roleText          = theme.ColorNameForeground
	roleAccent        = theme.ColorNamePrimary
	roleOnFill        = theme.ColorNameForegroundOnPrimary
	roleFill          = role("portico.fill")
	roleOnBad         = theme.ColorNameForegroundOnError
	roleGood          = theme.ColorNameSuccess
	roleWarning       = theme.ColorNameWarning
	roleBad           = theme.ColorNameError
	roleRail          = role("portico.rail")
	roleCard          = role("portico.card")
	roleLine          = role("portico.line")
	roleQuiet         = role("portico.quiet")
	roleSoft          = role("portico.soft")
	roleWarningGround = role("portico.warning.ground")
	roleWarningLine   = role("portico.warning.line")
	roleOnWarning     = theme.ColorNameForegroundOnWarning
	roleShadow        = role("portico.shadow")
	// roleWhite is white in every look, for what stands on a tile of its own.
	roleWhite = role("portico.white")
	// roleNone draws nothing.
	roleNone = role("")
)

// Text sizes, and the radii of cards and controls.
const (
	sizeTitle   = 24
	sizeHeading = 16
	sizeButton  = 15
	sizeText    = 14
	sizeLabel   = 13
	sizeSmall   = 12

	radiusCard    = 12
	radiusButton  = 10
	radiusControl = 8
)

// appearance is the person's choice of look.
type appearance string

const (
	followSystem appearance = ""
	alwaysLight  appearance = "light"
	alwaysDark   appearance = "dark"
)

// look is Portico's Fyne theme. It is immutable: another accent or another
// choice is another look.
type look struct {
	light, dark palette
	choice      appearance
}

var _ fyne.Theme = (*look)(nil)

// newLook makes the theme for an accent ("#RRGGBB"; anything else means
// Portico's own).
func newLook(accent string, choice appearance) *look {
	l := &look{light: lightPalette(), dark: darkPalette(), choice: choice}
	if c, ok := parseColor(accent); ok {
		l.light, l.dark = l.light.branded(c), l.dark.branded(c)
	}
	return l
}

// branding says that an accent is a colour ("#RRGGBB"), and not Portico's own.
func branding(accent string) bool {
	c, ok := parseColor(accent)
	return ok && c != lightPalette().accent
}

// palette chooses between light and dark.
func (l *look) palette(system fyne.ThemeVariant) *palette {
	if l.isDark(system) {
		return &l.dark
	}
	return &l.light
}

func (l *look) isDark(system fyne.ThemeVariant) bool {
	return l.choice == alwaysDark || l.choice == followSystem && system == theme.VariantDark
}

// Color implements [fyne.Theme].
func (l *look) Color(name fyne.ThemeColorName, system fyne.ThemeVariant) color.Color {
	p := l.palette(system)
	switch name {
	case roleBackground, theme.ColorNameHeaderBackground:
		return p.background
	case roleRail, theme.ColorNameDisabledButton:
		return p.rail
	case theme.ColorNameInputBackground, theme.ColorNameInputBorder:
		return color.Transparent // fields stand on a panel of the window's own
	case roleCard, theme.ColorNameMenuBackground,
		theme.ColorNameOverlayBackground, theme.ColorNameButton:
		return p.card
	case roleLine, theme.ColorNameSeparator:
		return p.line
	case roleText:
		return p.text
	case roleQuiet, theme.ColorNamePlaceHolder, theme.ColorNameDisabled:
		return p.quiet
	case roleAccent, theme.ColorNameHyperlink, theme.ColorNameFocus:
		return p.accent
	case roleFill:
		return p.fill
	case roleOnFill:
		return p.onFill
	case roleOnBad, theme.ColorNameForegroundOnSuccess, theme.ColorNameForegroundOnWarning:
		return p.onBad
	case roleWhite:
		return rgb(0xFFFFFF)
	case roleSoft:
		return p.soft
	case theme.ColorNameSelection:
		return mix(p.card, p.accent, 0.3)
	case roleGood:
		return p.good
	case roleWarning:
		return p.warning
	case roleBad:
		return p.bad
	case roleWarningGround:
		return p.warningGround
	case roleWarningLine:
		return p.warningLine
	case roleShadow:
		return p.shadow
	case theme.ColorNameShadow:
		// Fyne uses one colour for pop-up shadows and for what dims the window
		// behind a dialog.
		return color.NRGBA{A: 0x48}
	case theme.ColorNameHover:
		return mix(p.card, p.text, p.hover)
	case theme.ColorNamePressed:
		return mix(p.card, p.text, p.pressed)
	case theme.ColorNameScrollBar:
		return mix(p.background, p.quiet, 0.55)
	case theme.ColorNameScrollBarBackground:
		return color.Transparent
	}
	variant := theme.VariantLight
	if l.isDark(system) {
		variant = theme.VariantDark
	}
	return theme.DefaultTheme().Color(name, variant)
}

// Font implements [fyne.Theme]: Fyne's bundled Noto Sans.
func (l *look) Font(style fyne.TextStyle) fyne.Resource {
	return theme.DefaultTheme().Font(style)
}

// Icon implements [fyne.Theme]; the window draws its own glyphs, Fyne's are
// left for the context menu of entries.
func (l *look) Icon(name fyne.ThemeIconName) fyne.Resource {
	return theme.DefaultTheme().Icon(name)
}

// Size implements [fyne.Theme].
func (l *look) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNamePadding:
		return 4
	case theme.SizeNameInnerPadding:
		return 8
	case theme.SizeNameText:
		return sizeText
	case theme.SizeNameCaptionText:
		return sizeSmall
	case theme.SizeNameHeadingText:
		return sizeTitle
	case theme.SizeNameSubHeadingText:
		return sizeHeading
	case theme.SizeNameInputBorder, theme.SizeNameSeparatorThickness:
		return 1
	case theme.SizeNameInputRadius:
		return radiusControl
	case theme.SizeNamePopupRadius:
		return radiusCard
	case theme.SizeNameModalBlurRadius:
		return 0
	case theme.SizeNameInlineIcon:
		return 18
	case theme.SizeNameScrollBar:
		return 10
	case theme.SizeNameScrollBarSmall:
		return 4
	}
	return theme.DefaultTheme().Size(name)
}

// colorOf resolves a role as the widget sees it.
func colorOf(w fyne.Widget, r role) color.NRGBA {
	if r == roleNone {
		return color.NRGBA{}
	}
	c, ok := theme.ColorForWidget(r, w).(color.NRGBA)
	if !ok {
		c, _ = color.NRGBAModel.Convert(theme.ColorForWidget(r, w)).(color.NRGBA)
	}
	return c
}
