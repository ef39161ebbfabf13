"""Values that are lost, or that are sent as something else than their author means."""
