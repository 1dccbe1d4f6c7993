package kit

import "testing"

func TestInSight(t *testing.T) {
	for _, tc := range []struct{ offset, height, top, size, want float32 }{
		{0, 100, 20, 40, 0},     // in sight
		{0, 100, 90, 40, 46},    // below
		{200, 100, 90, 40, 74},  // above
		{200, 100, 5, 40, 0},    // at the very top
		{0, 100, 300, 400, 284}, // larger than the place: its top counts
	} {
		if got := inSight(tc.offset, tc.height, tc.top, tc.size); got != tc.want {
			t.Errorf("%+v: %v", tc, got)
		}
	}
}
