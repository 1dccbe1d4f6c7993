package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Role is the use of a colour. Fyne's own names are used where Fyne's own widgets
// (entries, scroll bars, pop-ups) ask for the same thing.
type Role = fyne.ThemeColorName

// The roles: grounds, lines and inks. A name with On is the ink for an area of the colour
// behind it.
const (
	RoleBackground    = theme.ColorNameBackground
	RoleText          = theme.ColorNameForeground
	RoleAccent        = theme.ColorNamePrimary
	RoleOnFill        = theme.ColorNameForegroundOnPrimary
	RoleFill          = Role("portico.fill")
	RoleOnBad         = theme.ColorNameForegroundOnError
	RoleGood          = theme.ColorNameSuccess
	RoleWarning       = theme.ColorNameWarning
	RoleBad           = theme.ColorNameError
	RoleRail          = Role("portico.rail")
	RoleCard          = Role("portico.card")
	RoleLine          = Role("portico.line")
	RoleQuiet         = Role("portico.quiet")
	RoleSoft          = Role("portico.soft")
	RoleWarningGround = Role("portico.warning.ground")
	RoleWarningLine   = Role("portico.warning.line")
	RoleOnWarning     = theme.ColorNameForegroundOnWarning
	RoleShadow        = Role("portico.shadow")
	// RoleWhite is white in every look, for a sign on a tile of its own.
	RoleWhite = Role("portico.white")
	// RoleNone draws nothing.
	RoleNone = Role("")
)

// Text sizes, and the radii of cards and controls.
const (
	SizeTitle   = 24
	SizeHeading = 16
	SizeButton  = 15
	SizeText    = 14
	SizeLabel   = 13
	SizeSmall   = 12

	RadiusCard    = 12
	RadiusButton  = 10
	RadiusControl = 8
)

// Appearance is the person's choice of look.
type Appearance string

// Light or dark: as the system says, or always the same.
const (
	FollowSystem Appearance = ""
	AlwaysLight  Appearance = "light"
	AlwaysDark   Appearance = "dark"
)

// Look is Portico's Fyne theme. It is immutable: another accent or another
// choice is another look.
type Look struct {
	light, dark palette
	Choice      Appearance // what it was made with
}

var _ fyne.Theme = (*Look)(nil)

// NewLook makes the theme for an accent ("#RRGGBB"; anything else means
// Portico's own).
func NewLook(accent string, choice Appearance) *Look {
	l := &Look{light: lightPalette(), dark: darkPalette(), Choice: choice}
	if c, ok := parseColor(accent); ok {
		l.light, l.dark = l.light.branded(c), l.dark.branded(c)
	}
	return l
}

// Branding says that an accent is a colour ("#RRGGBB"), and not Portico's own.
func Branding(accent string) bool {
	c, ok := parseColor(accent)
	return ok && c != lightPalette().accent
}

// palette chooses between light and dark.
func (l *Look) palette(system fyne.ThemeVariant) *palette {
	if l.IsDark(system) {
		return &l.dark
	}
	return &l.light
}

// IsDark says whether the look is dark while the system has this variant.
func (l *Look) IsDark(system fyne.ThemeVariant) bool {
	return l.Choice == AlwaysDark || l.Choice == FollowSystem && system == theme.VariantDark
}

// Color implements [fyne.Theme].
func (l *Look) Color(name fyne.ThemeColorName, system fyne.ThemeVariant) color.Color {
	p := l.palette(system)
	switch name {
	case RoleBackground, theme.ColorNameHeaderBackground:
		return p.background
	case RoleRail, theme.ColorNameDisabledButton:
		return p.rail
	case theme.ColorNameInputBackground, theme.ColorNameInputBorder:
		return color.Transparent // fields stand on a panel of the window's own
	case RoleCard, theme.ColorNameMenuBackground,
		theme.ColorNameOverlayBackground, theme.ColorNameButton:
		return p.card
	case RoleLine, theme.ColorNameSeparator:
		return p.line
	case RoleText:
		return p.text
	case RoleQuiet, theme.ColorNamePlaceHolder, theme.ColorNameDisabled:
		return p.quiet
	case RoleAccent, theme.ColorNameHyperlink, theme.ColorNameFocus:
		return p.accent
	case RoleFill:
		return p.fill
	case RoleOnFill:
		return p.onFill
	case RoleOnBad, theme.ColorNameForegroundOnSuccess, theme.ColorNameForegroundOnWarning:
		return p.onBad
	case RoleWhite:
		return RGB(0xFFFFFF)
	case RoleSoft:
		return p.soft
	case theme.ColorNameSelection:
		return mix(p.card, p.accent, 0.3)
	case RoleGood:
		return p.good
	case RoleWarning:
		return p.warning
	case RoleBad:
		return p.bad
	case RoleWarningGround:
		return p.warningGround
	case RoleWarningLine:
		return p.warningLine
	case RoleShadow:
		return p.shadow
	case theme.ColorNameShadow:
		// Fyne uses one colour for pop-up shadows and for dimming the window behind a
		// dialog.
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
	if l.IsDark(system) {
		variant = theme.VariantDark
	}
	return theme.DefaultTheme().Color(name, variant)
}

// Font implements [fyne.Theme]: Fyne's bundled Noto Sans.
func (l *Look) Font(style fyne.TextStyle) fyne.Resource {
	return theme.DefaultTheme().Font(style)
}

// Icon implements [fyne.Theme]; the window draws its own glyphs, Fyne's are
// left for the context menu of entries.
func (l *Look) Icon(name fyne.ThemeIconName) fyne.Resource {
	return theme.DefaultTheme().Icon(name)
}

// Size implements [fyne.Theme].
func (l *Look) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNamePadding:
		return 4
	case theme.SizeNameInnerPadding:
		return 8
	case theme.SizeNameText:
		return SizeText
	case theme.SizeNameCaptionText:
		return SizeSmall
	case theme.SizeNameHeadingText:
		return SizeTitle
	case theme.SizeNameSubHeadingText:
		return SizeHeading
	case theme.SizeNameInputBorder, theme.SizeNameSeparatorThickness:
		return 1
	case theme.SizeNameInputRadius:
		return RadiusControl
	case theme.SizeNamePopupRadius:
		return RadiusCard
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
func colorOf(w fyne.Widget, r Role) color.NRGBA {
	if r == RoleNone {
		return color.NRGBA{}
	}
	c, ok := theme.ColorForWidget(r, w).(color.NRGBA)
	if !ok {
		c, _ = color.NRGBAModel.Convert(theme.ColorForWidget(r, w)).(color.NRGBA)
	}
	return c
}
