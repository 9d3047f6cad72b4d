// Sends the answer to the application without a click. Without this file the button does the same.
"use strict";
HTMLFormElement.prototype.submit.call(document.getElementById("form-post"));
