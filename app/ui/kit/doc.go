// Package kit is for drawing Portico's window: its look in light and dark, its texts,
// boxes, buttons and other controls, its icons, and the overlay over a screen.
//
// It knows nothing of sign-ins, portals and the agent, and of no window in particular: a
// widget is made with the texts it shows and the functions it calls. Everything in it
// belongs to Fyne's goroutine.
//
// A page is put together from boxes ([Column], [Row], [Grid], [Inset]), texts ([Title],
// [Body], [Small]) and buttons ([Primary], [Secondary], [Link]). Colours are named by
// their use ([Role]); a widget asks for the one in force whenever it is drawn.
package kit
