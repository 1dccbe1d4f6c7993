package drawing

import (
	"slices"
	"strings"
)

// svgNamespace is the one of SVG (SVG 1.1, section 1.3). A drawing without any is taken
// for one, as drawing programs do.
const svgNamespace = "http://www.w3.org/2000/svg"

// isShape is true for an element that draws something by itself.
func isShape(name string) bool {
	switch name {
	case "path", "rect", "circle", "ellipse", "line", "polyline", "polygon":
		return true
	}
	return false
}

// isAllowed is about the elements allowed in a logo.
func isAllowed(name string) bool {
	switch name {
	case "svg", "g", "defs", "use", "style", "linearGradient", "radialGradient", "stop":
		return true
	}
	return isShape(name)
}

// isPassedOver is about elements without any visible effect here, with all their
// content: words about the drawing, and effects that are not drawn.
func isPassedOver(name string) bool {
	switch name {
	case "title", "desc", "metadata", "clipPath", "mask", "filter", "pattern", "marker", "symbol":
		return true
	}
	return false
}

// isStyle is about the attributes for the style of drawing. They may stand in a style
// as well.
func isStyle(name string) bool {
	switch name {
	case "fill", "fill-opacity", "opacity", "transform", "stroke", "stroke-opacity", "stroke-width", "stroke-linecap", "stroke-linejoin",
		"stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "stroke-linegap", "stroke-leadlinecap":
		return true
	}
	return false
}

// isGeometry is about the attributes for the shape, by element.
func isGeometry(element, name string) bool {
	switch element {
	case "svg":
		return slices.Contains([]string{"viewBox", "width", "height"}, name)
	case "path":
		return name == "d"
	case "rect":
		return slices.Contains([]string{"x", "y", "width", "height", "rx", "ry"}, name)
	case "circle", "ellipse":
		return slices.Contains([]string{"cx", "cy", "r", "rx", "ry"}, name)
	case "line":
		return slices.Contains([]string{"x1", "y1", "x2", "y2"}, name)
	case "polyline", "polygon":
		return name == "points"
	case "linearGradient":
		return slices.Contains([]string{"id", "x1", "y1", "x2", "y2", "gradientTransform", "gradientUnits", "spreadMethod"}, name)
	case "radialGradient":
		return slices.Contains([]string{"id", "cx", "cy", "r", "fx", "fy", "gradientTransform", "gradientUnits", "spreadMethod"}, name)
	case "stop":
		return slices.Contains([]string{"offset", "stop-color", "stop-opacity"}, name)
	}
	return false
}

// isWords is about the attributes whose digits are no numbers.
func isWords(name string) bool {
	switch name {
	case "id", "class", "href", "fill", "stroke", "stop-color", "gradientUnits", "spreadMethod":
		return true
	}
	return false
}

// keeps is true for an attribute of an element that counts for the drawing.
func keeps(element, name string) bool {
	if isGeometry(element, name) {
		return true
	}
	switch lower := strings.ToLower(name); lower {
	case "style", "class":
		return true
	default:
		return isStyle(lower)
	}
}
