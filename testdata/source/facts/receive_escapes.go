// Code that isn't here has the channel, and may send.
package facts

import "os/signal"

import "os"

func wait() {
	stop := make(chan os.Signal, 1)   // fact: made with room for 1
	signal.Notify(stop, os.Interrupt) // fact: goes to other code
	<-stop                            // blocks: chan receive; fact: wait waits to receive; receive, own
}
