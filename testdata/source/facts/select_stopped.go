// The same loop with a case that only Stop brings about, and one of a ticker.
package facts

import "time"

type watcher struct {
	events chan string
	stop   chan struct{}
	tick   *time.Ticker
}

func (w *watcher) run() {
	for { // fact: endless loop
		select { // blocks: select; fact: (*watcher).run waits to select
		case <-w.events: // fact: case receive
		case <-w.tick.C: // fact: case ticker
		case <-w.stop: // fact: case receive leaves
			return // fact: leaves the loop
		}
	}
}

func (w *watcher) Stop() { close(w.stop) } // fact: close in (*watcher).Stop
